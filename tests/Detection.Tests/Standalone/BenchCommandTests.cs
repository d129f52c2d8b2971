using System.Text.Json;
using Detection.Tests.Model;

namespace Detection.Tests.Standalone;

[Collection(nameof(ModelBenchmarkTests))]
public sealed class BenchCommandTests
{
    [Fact]
    public async Task The_samples_are_scored_with_the_default_model_and_every_figure_has_its_name()
    {
        var run = await TheCommand.RunAsync(["bench", "--json", "--rounds", "1", "--tokens", "512", "--threads", "1", "--device", "cpu"]);
        Assert.True(run.ExitCode == 0, run.Error);
        using var json = JsonDocument.Parse(Assert.Single(run.Lines));
        var fields = json.RootElement;
        Assert.Equal(
            ["model", "dtype", "device", "threads", "instructions", "kernels", "rounds", "messages", "tokens", "tokensPerSecond", "messagesPerSecond", "plainTokensPerSecond", "speedUp", "pairTokensPerSecond", "operationsPerToken",
                "peakOperationsPerSecond", "peakShare", "loneMessageMilliseconds", "loneMessageRows", "loadingMilliseconds", "peakMemoryBytes",
                "judgedMessagesPerSecond", "judgingOverPass", "judgingStages", "cascade"],
            fields.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("compact", "float32", 1), (fields.GetProperty("model").GetString(), fields.GetProperty("dtype").GetString(), fields.GetProperty("threads").GetInt32()));
        Assert.InRange(fields.GetProperty("tokens").GetInt64(), 128, 4_096);
        Assert.All(fields.EnumerateObject().Where(field => field.Value.ValueKind == JsonValueKind.Number), field => Assert.True(field.Value.GetDouble() > 0, field.Name));
        Assert.Equal(["loading", "warming up", "round 1 of 1", "judging, round 1 of 1"], run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_person_gets_a_table_of_the_messages_that_were_named()
    {
        using var model = TinyModel.Gpt2();
        using var observer = TinyModel.Llama();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("in.jsonl"), """{"id":"a","text":"The room is taken on Wednesday, so we meet on Thursday."}""", TestContext.Current.CancellationToken);
        var run = await TheCommand.RunAsync(["bench", folder.File("in.jsonl"), "--model", model.Path, "--observer", observer.Path, "--dtype", "float32", "--rounds", "1", "--threads", "1", "--device", "cpu"]);
        Assert.True(run.ExitCode == 0, run.Error);
        foreach (string part in new[] { "1 messages", "tokens a second", "with the observer", "on top of the pass", "tokenising", "share of the peak", "float32", "1 threads", Path.GetFileName(model.Path) }) Assert.Contains(part, run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--rounds", "0", "--rounds: 1 to 1000.")]
    [InlineData("--tokens", "1", "--tokens: 2 to 10000000.")]
    [InlineData("--model", "nothing-has-this-name", "nothing-has-this-name")]
    public async Task A_wrong_option_is_named(string option, string value, string says)
    {
        var run = await TheCommand.RunAsync(["bench", option, value]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
    }
}
