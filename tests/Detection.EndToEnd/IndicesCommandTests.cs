using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Detection.Contracts;
using Detection.ServiceDefaults;
using Detection.Storage;

namespace Detection.EndToEnd;

/// <summary><c>detection indices create|check|migrate</c> as processes, on real servers.</summary>
public sealed class IndicesCommandTests
{
    private const string Prefix = "mail";
    private const int Count = 40;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("elasticsearch")]
    [InlineData("opensearch")]
    public async Task What_is_missing_is_made_what_differs_is_named_and_an_older_form_moves_with_every_document(string kind)
    {
        using var data = new TemporaryFolder();
        await using var server = await SharedServer.StartAsync(kind, Directory.CreateDirectory(data.File("server")).FullName);
        using var http = new HttpClient { BaseAddress = new Uri(server.Address) };
        Dictionary<string, string> settings = new() { ["Detection__Elasticsearch__Nodes"] = server.Address, ["Detection__Elasticsearch__Replicas"] = "0", ["Detection__Prefix"] = Prefix };

        var (code, output, _) = await RunAsync(data.Path, settings, "indices check");
        Assert.Equal(1, code);
        Assert.Contains($"There is no template {Prefix}-verdicts-mappings: 'detection indices create' makes it.", output, StringComparison.Ordinal);
        Assert.Contains($"There is no index for {Prefix}-decisions", output, StringComparison.Ordinal);

        (code, output, _) = await RunAsync(data.Path, settings, "indices create");
        string month = $"{Prefix}-verdicts-{TimeProvider.System.GetUtcNow().ToString("yyyy.MM", CultureInfo.InvariantCulture)}";
        Assert.Equal(0, code);
        Assert.Contains($"{month}-v1 was made for {month}.", output, StringComparison.Ordinal);
        Assert.Equal((0, ""), Said(await RunAsync(data.Path, settings, "indices check")));
        Assert.Equal((0, """{"differences":[]}"""), Said(await RunAsync(data.Path, settings, "indices check --json")));
        // A second time nothing is new, and nothing is touched.
        Assert.DoesNotContain("was made", (await RunAsync(data.Path, settings, "indices create")).Output, StringComparison.Ordinal);

        (code, output, _) = await RunAsync(data.Path, new(settings) { ["Detection__Elasticsearch__RefreshInterval"] = "00:00:07", ["Detection__Elasticsearch__Replicas"] = "2" }, "indices check");
        Assert.Equal(1, code);
        Assert.Contains("RefreshInterval says 7000ms", output, StringComparison.Ordinal);
        Assert.Contains("Replicas says 2", output, StringComparison.Ordinal);

        // Someone's own hand.
        await ChangeTemplateAsync(http, $"{Prefix}-settings", body => body["template"]!["settings"]!["index"]!["refresh_interval"] = "1h");
        (code, output, _) = await RunAsync(data.Path, settings, "indices check");
        Assert.Equal((1, $"The template {Prefix}-settings is not as this program writes it, template.settings.index.refresh_interval is 1h and not 1000ms: 'detection indices create' writes it."), (code, output.TrimEnd()));
        Assert.Equal(0, (await RunAsync(data.Path, settings, "indices create")).Code);
        Assert.Equal((0, ""), Said(await RunAsync(data.Path, settings, "indices check")));

        JudgedMessage[] stored = [.. Enumerable.Range(0, Count).Select(Judged)];
        await using (var store = ConfiguredStore.Of(Options(server.Address), TimeProvider.System))
        {
            await store.Verdicts.OpenAsync(Cancellation);
            Assert.All(await store.Verdicts.StoreAsync(stored, Cancellation), outcome => Assert.Equal(StoreResult.Stored, outcome.Result));
            for (int i = 0; i < 3; i++) await store.Verdicts.DecideAsync(Decision(stored[i], i), Cancellation);
        }
        Assert.Equal((Count, 3), (await CountAsync(http, "verdicts"), await CountAsync(http, "decisions")));

        await MakeOlderAsync(http, $"{Prefix}-verdicts-mappings", [$"{month}-v1", $"{Prefix}-decisions-v1"]);
        (code, output, _) = await RunAsync(data.Path, settings, "indices check");
        Assert.Equal(1, code);
        Assert.Equal(
        [
            $"The template {Prefix}-verdicts-mappings is of form 0, this program's is 1: 'detection indices create' writes it.",
            $"{Prefix}-decisions-v1 is of form 0, this program's is 1: 'detection indices migrate' moves it.",
            $"{month}-v1 is of form 0, this program's is 1: 'detection indices migrate' moves it.",
        ], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        (code, output, _) = await RunAsync(data.Path, settings, "indices migrate");
        Assert.Equal(0, code);
        Assert.Contains($"{month}-v1 moved to {month}-v2: {Count} documents copied.", output, StringComparison.Ordinal);
        Assert.Contains($"{Prefix}-decisions-v1 moved to {Prefix}-decisions-v2.", output, StringComparison.Ordinal);
        Assert.Equal((0, ""), Said(await RunAsync(data.Path, settings, "indices check")));
        Assert.Equal((Count, 3), (await CountAsync(http, "verdicts"), await CountAsync(http, "decisions")));
        Assert.Equal((0, """{"moved":[]}"""), Said(await RunAsync(data.Path, settings, "indices migrate --json")));
        await using (var store = ConfiguredStore.Of(Options(server.Address), TimeProvider.System))
        {
            await store.Verdicts.OpenAsync(Cancellation);
            foreach (var one in stored) Assert.Equal(one.Message.Text, (await store.Verdicts.FindAsync(one.VerdictId, Cancellation))?.Message.Text);
            Assert.Equal("d0", Assert.Single(await store.Verdicts.HistoryAsync(stored[0].MessageId, stored[0].ContentSha256, Cancellation)).DecisionId);
        }

        await ChangeTemplateAsync(http, $"{Prefix}-settings", body => body["_meta"]!["version"] = 1000);
        Assert.Contains("use the newer program", (await RunAsync(data.Path, settings, "indices check")).Output, StringComparison.Ordinal);
        var refused = await RunAsync(data.Path, settings, "indices migrate");
        Assert.Equal((1, ""), Said(refused));
        Assert.Contains($"The template {Prefix}-settings was made by a newer version", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", 1, "127.0.0.1:1")]
    [InlineData("nowhere", 2, "Detection:Elasticsearch:Nodes")]
    public async Task A_server_that_does_not_answer_and_an_address_that_is_none_are_named(string node, int expected, string names)
    {
        using var data = new TemporaryFolder();
        foreach (string verb in new[] { "create", "check", "migrate" })
        {
            var (code, output, error) = await RunAsync(data.Path, new() { ["Detection__Elasticsearch__Nodes"] = node, ["Detection__Elasticsearch__Password"] = "geheim", ["Detection__Elasticsearch__Username"] = "u" }, "indices " + verb);
            Assert.Equal((expected, ""), (code, output));
            Assert.Contains(names, error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
            Assert.DoesNotContain("geheim", error, StringComparison.Ordinal);
        }
    }

    /// <summary>As a program left them whose form came before this one's.</summary>
    private static async Task MakeOlderAsync(HttpClient http, string template, string[] indices)
    {
        await ChangeTemplateAsync(http, template, body => body["_meta"]!["version"] = 0);
        foreach (string index in indices) await SendAsync(http, HttpMethod.Put, $"/{index}/_mapping", new JsonObject { ["_meta"] = new JsonObject { ["application"] = "detection", ["version"] = 0 } });
    }

    private static async Task ChangeTemplateAsync(HttpClient http, string name, Action<JsonNode> change)
    {
        var body = (await SendAsync(http, HttpMethod.Get, $"/_component_template/{name}"))["component_templates"]![0]!["component_template"]!.DeepClone();
        change(body);
        await SendAsync(http, HttpMethod.Put, $"/_component_template/{name}", body);
    }

    private static async Task<int> CountAsync(HttpClient http, string alias)
    {
        await SendAsync(http, HttpMethod.Post, $"/{Prefix}-{alias}/_refresh");
        return (int)(await SendAsync(http, HttpMethod.Get, $"/{Prefix}-{alias}/_count"))["count"]!;
    }

    private static async Task<JsonNode> SendAsync(HttpClient http, HttpMethod method, string path, JsonNode? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request, Cancellation);
        string text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {text}");
        return JsonNode.Parse(text)!;
    }

    private static DetectionOptions Options(string node)
    {
        var options = new DetectionOptions { Store = "elasticsearch", Prefix = Prefix };
        (options.Elasticsearch.Nodes, options.Elasticsearch.Replicas) = (node, 0);
        return options;
    }

    private static (int, string) Said((int Code, string Output, string Error) ran) => (ran.Code, ran.Output.TrimEnd());

    private static async Task<(int Code, string Output, string Error)> RunAsync(string data, Dictionary<string, string> settings, string command)
    {
        await using var program = TheProgram.Start(data, command.Split(' '), settings);
        int code = await program.ExitAsync(Patience);
        return (code, program.Output, program.Error);
    }

    private static JudgedMessage Judged(int i)
    {
        var message = new Message { Id = $"m{i}", Subject = "An offer", Text = $"Number {i} of the offers.", Channel = Channel.Email };
        string content = VerdictIdentity.ContentSha256(message);
        var now = TimeProvider.System.GetUtcNow();
        return new JudgedMessage
        {
            Message = message,
            MessageId = message.Id,
            ContentSha256 = content,
            VerdictId = VerdictIdentity.VerdictId(message.Id, content, "b", "r"),
            Action = VerdictAction.Hold,
            Channel = message.Channel,
            Scores = new Scores(0.9, 0.97, 0.4, 0.8),
            Authorship = Authorship.Machine,
            Decided = new Decided(MailKind.Spam, []),
            Bundle = new BundleIdentity("test", "1", "b"),
            Config = "c",
            ProcessedAt = now,
            AcceptedAt = now,
        };
    }

    private static ModeratorDecision Decision(JudgedMessage judged, int i) => new()
    {
        DecisionId = $"d{i}",
        MessageId = judged.MessageId,
        VerdictId = judged.VerdictId,
        ContentSha256 = judged.ContentSha256,
        Labels = new DecisionLabels(null, DecidedMail.Spam, new Dictionary<string, bool>()),
        Moderator = "anna",
        DecidedAt = judged.ProcessedAt,
        Bundle = judged.Bundle,
        Seen = judged.Scores,
    };
}
