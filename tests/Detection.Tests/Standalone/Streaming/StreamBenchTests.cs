using System.Text.Json;
using Detection.Standalone.Streaming;

namespace Detection.Tests.Standalone.Streaming;

/// <summary><c>bench --stream</c> on the embedded queue and store, at a rate that any machine keeps.</summary>
public sealed class StreamBenchTests
{
    [Theory]
    [InlineData("constant")]
    [InlineData("model")]
    public async Task Every_message_offered_is_acknowledged_and_every_figure_has_its_name(string scorer)
    {
        using var model = TinyModel.Llama();
        using var folder = new TemporaryFolder();
        string png = folder.File("latency.png");
        var run = await TheCommand.RunAsync(["bench", "--stream", "--json", "--scorer", scorer, "--model", model.Path, "--dtype", "float32", "--device", "cpu", "--seconds", "1", "--rate", "40", "--bytes", "512", "--picture", png]);
        Assert.True(run.ExitCode == 0, run.Error);
        using var json = JsonDocument.Parse(Assert.Single(run.Lines));
        var fields = json.RootElement;
        Assert.Equal(["stream", "store", "scorer", "bytes", "refreshIntervalSeconds", "storeAlonePerSecond", "storeBulkPerSecond", "capacityPerSecond", "shareOfStore", "lost", "stages"], fields.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("embedded", 512, 40.0, 0), (fields.GetProperty("store").GetString(), fields.GetProperty("bytes").GetInt32(), fields.GetProperty("capacityPerSecond").GetDouble(), fields.GetProperty("lost").GetInt64()));
        var stages = fields.GetProperty("stages").EnumerateArray().ToArray();
        Assert.Equal(["50 %", "80 %", "100 %", "150 %"], stages.Select(stage => stage.GetProperty("name").GetString()));
        foreach (var stage in stages)
        {
            Assert.InRange(stage.GetProperty("sent").GetInt64(), 1, 70);
            Assert.Equal(stage.GetProperty("sent").GetInt64(), stage.GetProperty("acknowledged").GetInt64());
            Assert.Equal(0, stage.GetProperty("dropped").GetInt64());
            var latency = stage.GetProperty("acknowledgedSeconds");
            Assert.Equal(stage.GetProperty("sent").GetInt32(), latency.GetProperty("count").GetInt32());
            Assert.InRange(latency.GetProperty("p50").GetDouble(), 0.0001, latency.GetProperty("p99").GetDouble());
            Assert.InRange(stage.GetProperty("predicted").GetProperty("p50").GetDouble(), 0.0001, stage.GetProperty("predicted").GetProperty("p95").GetDouble());
            foreach (string part in new[] { "judge", "store", "complete" })
                Assert.InRange(stage.GetProperty("serviceSeconds").GetProperty(part).GetProperty("batches").GetInt64(), 1, stage.GetProperty("sent").GetInt64());
        }
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], (await File.ReadAllBytesAsync(png, TestContext.Current.CancellationToken))[..4]);
    }

    [Fact]
    public void Percentiles_are_of_what_was_logged()
    {
        var log = new LatencyLog();
        Assert.Equal(new Percentiles(null, null, null, 0), log.Percentiles());
        long now = System.Diagnostics.Stopwatch.GetTimestamp();
        for (int seconds = 1; seconds <= 100; seconds++) log.EndedNow(now - seconds * 1_000L * System.Diagnostics.Stopwatch.Frequency);
        var percentiles = log.Percentiles();
        Assert.Equal([51.0, 96.0, 100.0], new[] { percentiles.P50!.Value, percentiles.P95!.Value, percentiles.P99!.Value }.Select(seconds => Math.Round(seconds / 1_000)));
    }

    [Theory]
    [InlineData("--seconds", "0", "--seconds: 1 to 3600.")]
    [InlineData("--rate", "0", "--rate: 0.1 to 10000000.")]
    [InlineData("--scorer", "guess", "guess")]
    public async Task A_wrong_option_is_named(string option, string value, string says)
    {
        var run = await TheCommand.RunAsync(["bench", "--stream", option, value]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
    }
}
