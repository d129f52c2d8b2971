using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Detection.Storage;
using Detection.Storage.Sqlite;

namespace Detection.EndToEnd;

/// <summary>The circle closed by real processes: judged, decided by a moderator, learned from, promoted when told to, and judged by the new version.</summary>
public sealed class TrainerTests
{
    private const int Messages = 24;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Decisions_become_a_version_that_judges_once_it_is_promoted()
    {
        using var data = new TemporaryFolder();
        string url = TheProgram.FreeUrl();
        var (before, verdict) = await DecideAsync(data, url);

        await File.WriteAllLinesAsync(data.File("campaign.jsonl"), Enumerable.Range(0, 6).Select(i => JsonSerializer.Serialize(new { id = $"c{i}", text = $"Our okapi fund doubled {i} times this week, join it today" })), Cancellation);
        await using (var add = TheProgram.Start(data.Path, ["samples", "add", data.File("campaign.jsonl"), "--label", "spam"])) Assert.Equal(0, await add.ExitAsync(Patience));
        await File.WriteAllLinesAsync(data.File("letters.jsonl"), Enumerable.Range(0, 120).Select(Letter), Cancellation);

        var settings = new Dictionary<string, string>
        {
            ["Detection__Http__Urls"] = url,
            ["Detection__Trainer__Data__0"] = data.File("letters.jsonl"),
            ["Detection__Trainer__NewDecisions"] = $"{Messages}",
            ["Detection__Trainer__Every"] = "00:00:01",
        };
        string version;
        await using (var trainer = TheProgram.Start(data.Path, ["trainer"], settings))
        {
            await trainer.ReadyAsync(url, Patience);
            using var http = new HttpClient { BaseAddress = new Uri(url) };
            version = await TrainedAsync(http, trainer, before);
            using var told = await http.PostAsJsonAsync("/api/v1/models/champion", new { version }, Cancellation);
            Assert.True(told.IsSuccessStatusCode);
        }
        Assert.Equal(version, await VersionAsync(data));
        // An earlier verdict is judged again by the version that it names, whatever the name means now.
        await using var replay = TheProgram.Start(data.Path, ["replay", verdict]);
        Assert.Equal(0, await replay.ExitAsync(Patience));
        Assert.Contains($"{verdict}: the same", replay.Output, StringComparison.Ordinal);

        // And back again, from a shell.
        var list = JsonNode.Parse((await RunAsync(data, "models", "versions", "compact", "--json")).Output)!;
        Assert.Equal((version, before, version), ((string?)list["champion"], (string?)list["original"], (string?)list["versions"]!.AsArray().Single()!["version"]));
        Assert.Equal((0, $"compact means version {before} from now on.\n", ""), await RunAsync(data, "models", "promote", "compact", before, "--by", "anna"));
        Assert.Equal(before, await VersionAsync(data));
        var alias = Assert.Single(await new SqliteBundleAliases(new VerdictStoreOptions { Folder = data.Path }).ReadAsync(Cancellation));
        Assert.Equal((BundleAlias.Champion, before, "anna"), (alias.Alias, alias.Version, alias.SetBy));
        var refused = await RunAsync(data, "models", "promote", "compact", "0-0");
        Assert.Equal((2, ""), (refused.Code, refused.Output));
        Assert.Contains("'0-0' is no version of compact", refused.Error, StringComparison.Ordinal);
        var table = (await RunAsync(data, "models", "versions")).Output;
        Assert.Matches($@"{Regex.Escape(before)}\s.*came with the program.*yes", table);
    }

    [Theory]
    [InlineData("""{"text":"The minutes are in the folder","labels":["ham"]}""", 1_000, 0)]
    [InlineData("""{"text":""", 1, 1)]
    public async Task A_trainer_that_looks_once_ends_by_itself_and_says_whether_a_training_failed(string row, int newDecisions, int code)
    {
        using var data = new TemporaryFolder();
        await File.WriteAllTextAsync(data.File("rows.jsonl"), row + "\n", Cancellation);
        await File.WriteAllTextAsync(data.File("sample.jsonl"), """{"id":"s","text":"Our okapi fund doubled this week, join it today"}""" + "\n", Cancellation);
        await using (var add = TheProgram.Start(data.Path, ["samples", "add", data.File("sample.jsonl"), "--label", "spam"])) Assert.Equal(0, await add.ExitAsync(Patience));

        await using var trainer = TheProgram.Start(data.Path, ["trainer"], new Dictionary<string, string>
        {
            ["Detection__Http__Urls"] = TheProgram.FreeUrl(),
            ["Detection__Trainer__Once"] = "true",
            ["Detection__Trainer__Data__0"] = data.File("rows.jsonl"),
            ["Detection__Trainer__NewDecisions"] = $"{newDecisions}",
        });
        Assert.Equal(code, await trainer.ExitAsync(Patience));
    }

    /// <summary>The version that judges and one of its verdicts, after every message was decided on.</summary>
    private static async Task<(string Version, string Verdict)> DecideAsync(TemporaryFolder data, string url)
    {
        await using var serve = TheProgram.Start(data.Path, ["serve", "--urls", url]);
        await serve.ReadyAsync(url, Patience);
        using var http = new HttpClient { BaseAddress = new Uri(url) };
        using var scanned = await http.PostAsJsonAsync("/api/v1/scan", Enumerable.Range(0, Messages).Select(i => new { id = $"m{i}", text = i % 2 == 0 ? $"The quagga offer number {i} ends tonight, order it" : $"The minutes of meeting {i} are in the folder", channel = "email" }), Cancellation);
        using var verdicts = JsonDocument.Parse(await scanned.Content.ReadAsStringAsync(Cancellation));
        foreach (var (verdict, i) in verdicts.RootElement.EnumerateArray().Select((verdict, i) => (verdict, i)))
        {
            using var decided = await http.PostAsJsonAsync("/api/v1/decisions", new { verdictId = verdict.GetProperty("verdictId").GetString(), labels = new { mail = i % 2 == 0 ? "spam" : "ham" } }, Cancellation);
            Assert.True(decided.IsSuccessStatusCode, await decided.Content.ReadAsStringAsync(Cancellation));
        }
        var first = verdicts.RootElement[0];
        return (first.GetProperty("bundle").GetProperty("version").GetString()!, first.GetProperty("verdictId").GetString()!);
    }

    private static async Task<string> TrainedAsync(HttpClient http, TheProgram trainer, string before)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var list = JsonNode.Parse(await http.GetStringAsync("/api/v1/models/versions", Cancellation))!;
            Assert.Equal(before, (string?)list["champion"]);
            if (list["versions"]!.AsArray() is [{ } figures, ..])
            {
                Assert.Equal((Messages, 6), ((int)figures["decisionAnswers"]!, (int)figures["newSamples"]!));
                Assert.Equal(before, (string?)figures["inUse"]!["version"]);
                foreach (string side in new[] { "candidate", "inUse" }) Assert.NotNull(figures[side]!["spam"]!["files"]![0]!["mail"]![0]!["hamFlagged"]!["high"]);
                return (string)figures["version"]!;
            }
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, trainer.Error);
            await Task.Delay(200, Cancellation);
        }
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(TemporaryFolder data, params string[] command)
    {
        await using var program = TheProgram.Start(data.Path, command);
        int code = await program.ExitAsync(Patience);
        return (code, program.Output, program.Error);
    }

    /// <summary>Of the bundle that a worker started now judges with.</summary>
    private static async Task<string> VersionAsync(TemporaryFolder data)
    {
        string url = TheProgram.FreeUrl();
        await using var worker = TheProgram.Start(data.Path, ["worker"], new Dictionary<string, string> { ["Detection__Http__Urls"] = url });
        await worker.ReadyAsync(url, Patience);
        using var http = new HttpClient { BaseAddress = new Uri(url) };
        using var scanned = await http.PostAsJsonAsync("/api/v1/scan?store=false", new { text = "The quagga offer ends tonight" }, Cancellation);
        return (string)JsonNode.Parse(await scanned.Content.ReadAsStringAsync(Cancellation))!["bundle"]!["version"]!;
    }

    private static string Letter(int i) => JsonSerializer.Serialize(new
    {
        id = $"l{i}",
        text = (i % 3) switch { 0 => $"Cheap pills, lot {i}, order before they are gone", 1 => $"Your account {i} is locked, confirm the password", _ => $"Lunch on day {i} is moved to one o'clock" },
        labels = new[] { new[] { "spam", "phishing", "ham" }[i % 3] },
        source = "own",
        channel = "email",
        split = (i / 3 % 5) switch { < 3 => "train", 3 => "dev", _ => "test" },
    });
}
