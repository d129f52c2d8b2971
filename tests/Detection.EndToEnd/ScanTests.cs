using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Detection.EndToEnd;

public sealed class ScanTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task Verdicts_come_in_the_order_of_the_input_and_a_broken_line_is_named()
    {
        using var data = new TemporaryFolder();
        await File.WriteAllLinesAsync(data.File("in.jsonl"),
        [
            """{"id":"a","text":"The meeting is moved to Thursday, since the room is taken on Wednesday.","channel":"email"}""",
            """{"id":"broken","text":7}""",
            """{"id":"b","text":"hello","channel":"sms"}""",
        ], TestContext.Current.CancellationToken);
        await using var scan = TheProgram.Start(data.Path, ["scan", data.File("in.jsonl"), "--format", "jsonl"]);
        Assert.Equal(2, await scan.ExitAsync(Patience));
        Assert.Equal(["a", "b"], Ids(scan.Output));
        Assert.Contains("in.jsonl:2: text", scan.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Standard_input_is_read_whatever_it_holds()
    {
        using var data = new TemporaryFolder();
        byte[] mail = Encoding.ASCII.GetBytes("From: a@b.example\r\nMessage-ID: <m1@b.example>\r\nSubject: Lunch\r\n\r\nShall we eat at one?\r\n");
        await using var scan = TheProgram.Start(data.Path, ["scan", "-", "--format", "jsonl"], input: mail);
        Assert.Equal(0, await scan.ExitAsync(Patience));
        Assert.Equal(["m1@b.example"], Ids(scan.Output));
    }

    [Fact]
    public async Task The_action_follows_the_budget_of_the_message_s_channel()
    {
        using var data = new TemporaryFolder();
        const string Words = "The meeting is moved to Thursday, since the room is taken on Wednesday.";
        await File.WriteAllLinesAsync(data.File("in.jsonl"), new[] { "email", "forum" }.Select(channel => $$"""{"id":"{{channel}}","text":"{{Words}}","channel":"{{channel}}"}"""), TestContext.Current.CancellationToken);
        // Every good mail may be held.
        await using var scan = TheProgram.Start(data.Path, ["scan", data.File("in.jsonl"), "--format", "jsonl"], new Dictionary<string, string> { ["Detection__Budget__HoldIn__email"] = "1/1", ["Detection__Budget__Review"] = "off" });
        Assert.Equal(0, await scan.ExitAsync(Patience));
        Assert.Equal(["hold Held: phishing within the budget of 1 in 1, in email.", "allow "], scan.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            using var verdict = JsonDocument.Parse(line);
            var rule = verdict.RootElement.GetProperty("evidence").EnumerateArray().FirstOrDefault(evidence => evidence.GetProperty("signal").GetString() == "rule");
            return $"{verdict.RootElement.GetProperty("action").GetString()} {(rule.ValueKind == JsonValueKind.Object ? rule.GetProperty("text").GetString() : "")}";
        }));
    }

    [Fact]
    public async Task A_missing_file_is_bad_input()
    {
        using var data = new TemporaryFolder();
        await using var scan = TheProgram.Start(data.Path, ["scan", "nowhere.eml"]);
        Assert.Equal(2, await scan.ExitAsync(Patience));
        Assert.Contains("nowhere.eml: no such file", scan.Error, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Speed", "slow")]
    public async Task Real_mail_in_every_container_is_judged_once_each()
    {
        string spam = Repository.Shared("data", "spam");
        using var data = new TemporaryFolder();
        string mixed = Directory.CreateDirectory(data.File("mixed")).FullName;
        await Unpack(Path.Combine(spam, "sample-eml.tar.gz"), mixed);
        string[] mails = Directory.GetFiles(mixed, "*.eml", SearchOption.AllDirectories);
        Assert.Equal(400, mails.Length);
        string maildir = Directory.CreateDirectory(Path.Combine(mixed, "maildir", "cur")).FullName;
        Directory.CreateDirectory(Path.Combine(mixed, "maildir", "new"));
        for (int i = 0; i < 50; i++) File.Copy(mails[i], Path.Combine(maildir, $"{i:D3}.host:2,S"));
        File.Copy(Path.Combine(spam, "sample.mbox.gz"), Path.Combine(mixed, "sample.mbox.gz"));
        await using var scan = TheProgram.Start(data.Path, ["scan", mixed, "--format", "jsonl"]);
        Assert.Equal(0, await scan.ExitAsync(Patience));
        Assert.Equal(400 + 50 + 300, Ids(scan.Output).Count());
    }

    private static IEnumerable<string> Ids(string lines) => lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
    {
        using var verdict = JsonDocument.Parse(line);
        return verdict.RootElement.GetProperty("messageId").GetString()!;
    });

    private static async Task Unpack(string archive, string folder)
    {
        await using var file = File.OpenRead(archive);
        await using var plain = new GZipStream(file, CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(plain, folder, overwriteFiles: false, TestContext.Current.CancellationToken);
    }
}
