using System.Text.Json;

namespace Detection.Tests.Standalone;

public sealed class ScoreCommandTests
{
    private static readonly string[] Options = ["--dtype", "float32", "--device", "cpu", "--threads", "2"];

    [Fact]
    public async Task Many_lines_give_in_order_what_each_gives_alone()
    {
        using var model = TinyModel.Llama();
        using var observer = TinyModel.Gpt2();
        // More lines than a batch holds, empty ones among them, and one longer than the context.
        string[] lines = [.. Enumerable.Range(0, 300).Select(i => Line($"t{i}", string.Concat(Enumerable.Repeat($"the rain on {i} ", i == 150 ? 400 : i % 7))))];
        string[] arguments = ["score", "-", "--jsonl", "--model", model.Path, "--observer", observer.Path, .. Options];
        var together = await TheCommand.RunAsync(arguments, string.Join('\n', lines));
        Assert.True(together.ExitCode == 0, together.Error);
        Assert.Equal(lines.Length, together.Lines.Length);
        foreach (int i in new[] { 0, 1, 149, 150, 151, 255, 256, 257, 299 })
            Assert.Equal(together.Lines[i], (await TheCommand.RunAsync(arguments, lines[i])).Lines[0]);
    }

    [Fact]
    public async Task An_observer_adds_the_cross_entropy_of_every_token_and_nothing_else_changes()
    {
        using var model = TinyModel.Llama();
        using var observer = TinyModel.Llama(seed: 2);
        string[] arguments = ["score", "--jsonl", "--model", model.Path, .. Options];
        string text = Line("a", string.Concat(Enumerable.Repeat("we went home in the rain. ", 90)));
        string alone = (await TheCommand.RunAsync(arguments, text)).Lines[0], observed = (await TheCommand.RunAsync([.. arguments, "--observer", observer.Path], text)).Lines[0];
        using var json = JsonDocument.Parse(observed);
        float[] crossEntropy = [.. json.RootElement.GetProperty("crossEntropy").EnumerateArray().Select(value => value.GetSingle())];
        Assert.Equal(json.RootElement.GetProperty("ids").GetArrayLength(), crossEntropy.Length);
        Assert.True(crossEntropy.Length > 1_024 && crossEntropy.All(value => value > 0)); // in two windows
        Assert.StartsWith(alone[..^1], observed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_stood_before_a_broken_line_is_scored_and_the_line_is_named()
    {
        using var model = TinyModel.Gpt2();
        var run = await TheCommand.RunAsync(["score", "-", "--jsonl", "--model", model.Path, .. Options], Line("a", "one two") + "\n" + """{"id":"b"}""");
        Assert.Equal(2, run.ExitCode);
        Assert.Single(run.Lines);
        Assert.Contains("-:2: 'text' is missing", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_for_people_has_binoculars_only_beside_an_observer()
    {
        using var model = TinyModel.Gpt2();
        using var observer = TinyModel.Llama();
        string[] arguments = ["score", "--model", model.Path, .. Options];
        Assert.Matches("binoculars +-\n", (await TheCommand.RunAsync(arguments, "the rain on the road")).Output);
        Assert.Matches("binoculars +[0-9.]+\n", (await TheCommand.RunAsync([.. arguments, "--observer", observer.Path], "the rain on the road")).Output);
    }

    [Fact]
    public async Task An_observer_of_another_vocabulary_is_refused_with_the_first_difference()
    {
        using var model = TinyModel.Gpt2();
        var run = await TheCommand.RunAsync(["score", "--model", model.Path, "--observer", "compact", .. Options], "the rain");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("cannot observe a model of another vocabulary: token ", run.Error, StringComparison.Ordinal);
    }

    private static string Line(string id, string text) => JsonSerializer.Serialize(new { id, text });
}
