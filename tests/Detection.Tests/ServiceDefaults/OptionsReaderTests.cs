using Detection.ServiceDefaults;
using Microsoft.Extensions.Configuration;

namespace Detection.Tests.ServiceDefaults;

public sealed class OptionsReaderTests
{
    [Fact]
    public void Nothing_configured_gives_the_documented_defaults()
    {
        var options = Read();
        Assert.Equal("compact", options.Model);
        Assert.Equal("http://127.0.0.1:5080", options.Http.Urls);
        Assert.Equal(25 * 1024 * 1024, options.Http.MaxBody);
        Assert.Equal(TimeSpan.FromMilliseconds(5), options.MaxDelay);
        Assert.Equal("detection", Path.GetFileName(options.Data));
        Assert.Null(options.Rule.Hold);
    }

    [Fact]
    public void Values_are_bound_whatever_the_case_of_their_names()
    {
        var options = Read(("Detection:http:MAXBODY", "4096"), ("Detection:Threads", "3"), ("Detection:MaxDelay", "00:00:00.050"), ("Detection:Rule:Hold:0", "spam>=0.9"), ("Detection:ExpectedPerDay", "20000"));
        Assert.Equal((4096, 3, TimeSpan.FromMilliseconds(50), 20_000L), (options.Http.MaxBody, options.Threads, options.MaxDelay, options.ExpectedPerDay));
        Assert.Equal(["spam>=0.9"], options.Rule.Hold!);
    }

    [Theory]
    [InlineData("Detection:Modle", "compact", "Detection:Modle is unknown")]
    [InlineData("Detection:Http:Maxbdy", "1", "Detection:Http:Maxbdy is unknown; known here: Hosts, MaxBody, MaxScans, Urls")]
    [InlineData("Detection:Http:MaxBody", "1", "Detection:Http:MaxBody must be between 1024")]
    [InlineData("Detection:Http:MaxBody", "5000000000", "Detection:Http:MaxBody must be between 1024 and 1073741824")]
    [InlineData("Detection:Http:MaxBody", "lots", "Detection:Http:MaxBody")]
    [InlineData("Detection:Threads", "-1", "Detection:Threads must be between 0 and 1024")]
    [InlineData("Detection:MaxDelay", "00:01:00", "Detection:MaxDelay must be between")]
    [InlineData("Detection:Device", "gpu", "Detection:Device must be auto, cpu, cuda or cuda:N")]
    [InlineData("Detection:Dtype", "int8", "Detection:Dtype must be auto, float32 or bfloat16")]
    [InlineData("Detection:Stream", "rabbit", "Detection:Stream must be embedded or kafka")]
    [InlineData("Detection:Store", "mongo", "Detection:Store must be embedded or elasticsearch")]
    [InlineData("Detection:Kafka:SessionTimeout", "00:00:00", "Detection:Kafka:SessionTimeout must be between")]
    [InlineData("Detection:Kafka:Settings", "x", "Detection:Kafka:Settings is a map")]
    [InlineData("Detection:Kafka:Settings:ssl:ca", "x", "Detection:Kafka:Settings:ssl takes one value")]
    [InlineData("Detection:Retention:VerdictDays", "0", "Detection:Retention:VerdictDays must be between 1")]
    [InlineData("Detection:Rule:Hold", "spam>=0.9", "Detection:Rule:Hold is a list")]
    [InlineData("Detection:Rule:Hold:first", "spam>=0.9", "Detection:Rule:Hold:first is unknown")]
    [InlineData("Detection:Model:Name", "compact", "Detection:Model takes one value")]
    [InlineData("Detection:Data", "", "Detection:Data must not be empty")]
    [InlineData("Detection:Prefix", "Große", "Detection:Prefix must be lower-case")]
    public void A_wrong_option_is_named(string name, string value, string expected)
    {
        var wrong = Assert.Throws<InvalidOptionsException>(() => Read((name, value)));
        Assert.Contains(expected, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_of_the_client_are_a_map_with_free_names()
    {
        var options = Read(("Detection:Kafka:Settings:sasl_mechanism", "SCRAM-SHA-512"), ("Detection:Kafka:Settings:fetch.min.bytes", "1"));
        Assert.Equal("SCRAM-SHA-512", options.Kafka.Settings["sasl_mechanism"]);
        Assert.Equal("1", options.Kafka.Settings["fetch.min.bytes"]);
    }

    [Fact]
    public void All_wrong_options_are_named_at_once()
    {
        var wrong = Assert.Throws<InvalidOptionsException>(() => Read(("Detection:One", "1"), ("Detection:Threads", "5000")));
        Assert.Equal(2, wrong.Problems.Count);
    }

    private static DetectionOptions Read(params (string Name, string? Value)[] settings) =>
        OptionsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value))).Build());
}
