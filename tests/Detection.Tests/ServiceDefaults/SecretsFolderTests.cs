using Detection.ServiceDefaults;
using Microsoft.Extensions.Configuration;

namespace Detection.Tests.ServiceDefaults;

public sealed class SecretsFolderTests
{
    [Fact]
    public void A_file_is_an_option_above_the_settings_and_below_the_environment()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("Detection__Elasticsearch__Password"), "hunter2\n");
        File.WriteAllText(folder.File("Detection__Kafka__Settings__sasl_password"), "secret");
        File.WriteAllText(folder.File("Detection__Prefix"), "from-file");
        Directory.CreateDirectory(folder.File("..data"));
        string name = $"SECRETS_TEST_{Guid.NewGuid():N}_";
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Detection:Elasticsearch:Password", "from settings"), new("Detection:Secrets", folder.Path)])
            .AddEnvironmentVariables(name)
            .AddEnvironmentVariables()
            .AddInMemoryCollection([new("Detection:Prefix", "from-command-line")])
            .AddSecrets().Build();
        var options = OptionsReader.Read(configuration);
        Assert.Equal(("hunter2", "secret", "from-command-line"), (options.Elasticsearch.Password, options.Kafka.Settings["sasl_password"], options.Prefix));
        Assert.Equal(["Memory", "KeyPerFile", "EnvironmentVariables", "Memory"],
            ((ConfigurationRoot)configuration).Providers.Select(provider => provider.GetType().Name.Replace("ConfigurationProvider", "", StringComparison.Ordinal)).Where((_, i) => i != 1));
    }

    [Fact]
    public void A_host_reads_it_too_and_a_folder_that_is_missing_is_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("Detection__Elasticsearch__ApiKey"), "a2V5");
        Assert.Equal("a2V5", ModerationServer.Builder(folder.File("data"), ("Detection:Secrets", folder.Path)).AddServiceDefaults("test").Elasticsearch.ApiKey);
        var wrong = Assert.Throws<InvalidOptionsException>(() => ModerationServer.Builder(folder.File("data"), ("Detection:Secrets", folder.File("nowhere"))).AddServiceDefaults("test"));
        Assert.Contains("Detection:Secrets", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("nowhere: no such folder", wrong.Message, StringComparison.Ordinal);
    }
}
