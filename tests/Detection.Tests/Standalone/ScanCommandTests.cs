namespace Detection.Tests.Standalone;

public sealed class ScanCommandTests
{
    [Fact]
    public async Task An_explanation_says_what_normalisation_changed_below_each_row()
    {
        using var model = TinyModel.Llama();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("in.jsonl"), """{"id":"a","text":"Please p\u200bay the invo\u200bice by Friday, would you?","channel":"email"}""" + "\n", TestContext.Current.CancellationToken);
        string[] arguments = ["scan", folder.File("in.jsonl"), "--model", model.Path, "--dtype", "float32", "--device", "cpu", "--threads", "1"];
        var explained = await TheCommand.RunAsync([.. arguments, "--explain"]);
        Assert.True(explained.ExitCode == 0, explained.Error);
        Assert.Matches(@"^ +As sent → normalised \(2 zero-width\): \d+ → \d+ tokens, likelihood -\d+\.\d\d → -\d+\.\d\d, Fast-DetectGPT -?\d+\.\d\d → -?\d+\.\d\d, authorship margin - → -$", explained.Lines[^1]);
        var plain = await TheCommand.RunAsync(arguments);
        Assert.Equal(explained.Lines[..2], plain.Lines);
    }
}
