using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Detection.EndToEnd;

/// <summary>Two bundles over the weights of compact: one that is never sure who wrote a text, and one that calls everybody a person.</summary>
public sealed class CascadeTests
{
    private const string Words = "The meeting is moved to Thursday, since the room is taken on Wednesday. We start at nine, as always, and the minutes of the last one are in the folder. "
        + "Please bring the figures of the spring with you, because the new people have not seen them yet, and tell me by tomorrow if you cannot come.";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_first_model_is_not_sure_of_is_the_second_s_and_both_can_be_replayed()
    {
        using var data = new TemporaryFolder();
        Bundle(data, "doubtful", -1e9);
        Bundle(data, "trusting", 1e9);
        string url = TheProgram.FreeUrl();
        Dictionary<string, string> settings = new() { ["Detection__Http__Urls"] = url, ["Detection__Model"] = "doubtful", ["Detection__Second"] = "trusting" };
        JsonArray verdicts;
        await using (var serve = TheProgram.Start(data.Path, ["serve"], settings))
        {
            await serve.ReadyAsync(url, Patience);
            using var http = new HttpClient { BaseAddress = new Uri(url) };
            using var answer = await http.PostAsJsonAsync("/api/v1/scan", new[] { new { id = "long", text = Words, channel = "email" }, new { id = "short", text = "See you at nine.", channel = "sms" } }, Cancellation);
            verdicts = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!.AsArray();
            string metrics = await http.GetStringAsync("/metrics", Cancellation);
            foreach (string name in new[] { "doubtful", "trusting" }) Assert.Matches($"detection_messages_judged\\S*{{.*gen_ai_request_model=\"{name}\".*}} 1", metrics);
            await serve.TerminateAsync();
            Assert.Equal(0, await serve.ExitAsync(Patience));
        }
        Assert.Equal(["trusting human", "doubtful too-short"], verdicts.Select(verdict => $"{verdict!["bundle"]!["name"]} {verdict["authorship"]}"));
        Assert.Equal("doubtful was not sure, so trusting judged it.", (string?)verdicts[0]!["evidence"]!.AsArray().Single(evidence => (string?)evidence!["signal"] == "second-model")!["text"]);
        Assert.Equal((string?)verdicts[0]!["config"], (string?)verdicts[1]!["config"]);
        string[] ids = [.. verdicts.Select(verdict => (string)verdict!["verdictId"]!)];

        await using var replay = TheProgram.Start(data.Path, ["replay", .. ids], settings);
        Assert.Equal((0, $"{ids[0]}: the same\n{ids[1]}: the same\n"), (await replay.ExitAsync(Patience), replay.Output));
        // The same through the option of a command.
        await File.WriteAllTextAsync(data.File("in.jsonl"), $$"""{"id":"long","text":"{{Words}}","channel":"email"}""", Cancellation);
        await using var scan = TheProgram.Start(data.Path, ["scan", data.File("in.jsonl"), "--json", "--model", "doubtful", "--second", "trusting"]);
        Assert.Equal(0, await scan.ExitAsync(Patience));
        Assert.Equal(ids[0], (string?)JsonNode.Parse(scan.Output)!["verdictId"]);
        // Without the second model the verdict cannot be had again.
        settings.Remove("Detection__Second");
        await using var alone = TheProgram.Start(data.Path, ["replay", ids[0]], settings);
        Assert.Equal(1, await alone.ExitAsync(Patience));
        Assert.Contains("judged with another configuration here", alone.Error, StringComparison.Ordinal);
    }

    private static void Bundle(TemporaryFolder data, string name, double below)
    {
        string to = Directory.CreateDirectory(data.File(Path.Combine("models", name))).FullName;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "models", "compact"))) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        string path = Path.Combine(to, "bundle.json");
        var manifest = JsonNode.Parse(File.ReadAllText(path))!;
        manifest["name"] = name;
        var synthetic = manifest["decisions"]!["synthetic"]!;
        (synthetic["below"], synthetic["above"]) = (below, new JsonObject());
        File.WriteAllText(path, manifest.ToJsonString());
    }
}
