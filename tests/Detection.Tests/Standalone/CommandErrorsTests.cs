namespace Detection.Tests.Standalone;

/// <summary>What was given cannot be used: exit code 2 and a sentence that names it, never a stack trace.</summary>
public sealed class CommandErrorsTests
{
    [Theory]
    [InlineData("scan mail.eml --model nowhere", "nowhere: neither a file")]
    [InlineData("scan - --threads 5000", "--threads")]
    [InlineData("scan - --dtype float8", "float8")]
    [InlineData("scan - --device tpu", "tpu")]
    [InlineData("scan", "scan")]
    [InlineData("score - --model nowhere", "nowhere: neither a file")]
    [InlineData("tokenize --model nowhere", "nowhere")]
    [InlineData("evaluate --task spam --data rows.jsonl --model nowhere", "nowhere: neither a file")]
    [InlineData("evaluate --task poetry --data rows.jsonl", "poetry")]
    [InlineData("evaluate --task spam --data rows.jsonl --attacks", "--attacks")]
    [InlineData("evaluate --data rows.jsonl", "--card")]
    [InlineData("evaluate --card --task spam --data rows.jsonl", "--card")]
    [InlineData("evaluate --card --loso --data rows.jsonl", "--loso")]
    [InlineData("evaluate --task spam --data rows.jsonl --out here", "--out")]
    [InlineData("evaluate --card --data rows.jsonl --model nowhere", "nowhere: neither a file")]
    [InlineData("evaluate --task spam --data rows.jsonl --passages", "--passages")]
    [InlineData("evaluate --task synthetic --data rows.jsonl --passages --attacks", "--passages")]
    [InlineData("evaluate --task manipulation --data rows.jsonl --second smollm2-135m", "--second: only for")]
    [InlineData("evaluate --task spam --data rows.jsonl --loso --second smollm2-135m", "--second: only for")]
    [InlineData("scan - --second nowhere", "nowhere: neither a file")]
    [InlineData("scan - --second compact", "is the first model too")]
    [InlineData("bench --second nowhere", "nowhere: neither a file")]
    [InlineData("bench --model nowhere", "nowhere: neither a file")]
    [InlineData("train heads --data rows.jsonl --output out --name n --bundle-version 1 --base-from here --base-licence own --model nowhere", "nowhere: neither a file")]
    [InlineData("train heads --data rows.jsonl --output out --name n --bundle-version 1 --base-from here --base-licence own --only kindness", "no head called kindness")]
    [InlineData("train heads --data rows.jsonl --output out --name n --bundle-version 1 --base-from here --base-licence own --keep --layers 1 2", "leave --layers out")]
    [InlineData("train lm --corpus nowhere.jsonl --folder {data}/run", "nowhere.jsonl")]
    [InlineData("models info nowhere", "nowhere: neither a file")]
    [InlineData("models verify nowhere", "nowhere: neither a file")]
    [InlineData("models import nowhere", "nowhere: no such file")]
    [InlineData("samples add nowhere.eml --label spam", "nowhere.eml: no such file")]
    [InlineData("replay 0123456789abcdef0123456789abcdef --data {data}", "0123456789abcdef0123456789abcdef: no such verdict")]
    [InlineData("dead-letters show 1 --twice", "--twice")]
    [InlineData("serve --data {data}/file/inside", "Detection:Data")]
    [InlineData("sing", "sing")]
    public async Task Wrong_usage_is_named_in_a_sentence(string line, string names)
    {
        using var data = new TemporaryFolder();
        await File.WriteAllTextAsync(data.File("file"), "", TestContext.Current.CancellationToken);
        var ran = await TheCommand.RunAsync(line.Replace("{data}", data.Path, StringComparison.Ordinal).Split(' '));
        Assert.Equal((2, ""), (ran.ExitCode, ran.Output));
        Assert.Contains(names, ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Dashboard:", ran.Error, StringComparison.Ordinal);
    }
}
