using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Detection.Contracts;

namespace Detection.Tests.Moderation;

public sealed class ApiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_verdict_has_its_fields_at_the_root_and_its_message_beside_them()
    {
        var judged = Some.JudgedMessage();
        await using var server = await ModerationServer.StartAsync(judged);
        using var json = await GetAsync(server, "/api/v1/verdicts/" + judged.VerdictId);
        Assert.Equal(judged.VerdictId, json.RootElement.GetProperty("verdictId").GetString());
        Assert.Equal("review", json.RootElement.GetProperty("action").GetString());
        Assert.Equal(judged.Message.Text, json.RootElement.GetProperty("message").GetProperty("text").GetString());
        Assert.EndsWith("Z", json.RootElement.GetProperty("processedAt").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.String, json.RootElement.GetProperty("tokenScores").ValueKind);
    }

    [Fact]
    public async Task A_list_follows_its_cursor_to_the_end()
    {
        var judged = Enumerable.Range(0, 5).Select(i => Some.JudgedMessage(Some.Message("m" + i), processedAt: Some.Time.AddMinutes(i))).ToArray();
        await using var server = await ModerationServer.StartAsync(judged);
        var seen = new List<string?>();
        string? next = "";
        do
        {
            using var page = await GetAsync(server, "/api/v1/verdicts?take=2&q=invoice" + (next.Length > 0 ? "&after=" + Uri.EscapeDataString(next) : ""));
            seen.AddRange(page.RootElement.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("verdict").GetProperty("messageId").GetString()));
            Assert.Equal(JsonValueKind.Array, page.RootElement.GetProperty("items")[0].GetProperty("highlights")[0].GetProperty("hits")[0].ValueKind);
            next = page.RootElement.GetProperty("next").GetString();
        }
        while (next is not null);
        Assert.Equal(["m4", "m3", "m2", "m1", "m0"], seen);

        using var counts = await GetAsync(server, "/api/v1/verdicts/counts?action=review");
        Assert.Equal(5, counts.RootElement.GetProperty("total").GetInt64());
    }

    [Theory]
    [InlineData("/api/v1/verdicts/unknown", HttpStatusCode.NotFound, "verdictId")]
    [InlineData("/api/v1/verdicts?action=delete", HttpStatusCode.BadRequest, "action")]
    [InlineData("/api/v1/verdicts/counts?colour=red", HttpStatusCode.BadRequest, "colour")]
    [InlineData("/api/v1/decisions", HttpStatusCode.BadRequest, "messageId")]
    [InlineData("/api/v1/decisions?messageId=m1", HttpStatusCode.BadRequest, "contentSha256")]
    public async Task An_error_names_the_field(string address, HttpStatusCode status, string field)
    {
        await using var server = await ModerationServer.StartAsync();
        await AssertProblemAsync(await server.Client.GetAsync(address, Cancellation), status, field);
    }

    [Fact]
    public async Task A_decision_is_stored_once_with_who_and_when_and_can_be_undone()
    {
        var judged = Some.JudgedMessage();
        await using var server = await ModerationServer.StartAsync(judged);
        var draft = new { decisionId = "d-1", verdictId = judged.VerdictId, labels = new { authorship = "machine", mail = "spam", techniques = new Dictionary<string, bool> { ["urgency_scarcity"] = false } }, note = "seen before" };
        for (int i = 0; i < 2; i++)
        {
            var stored = await server.Client.PostAsJsonAsync("/api/v1/decisions", draft, Cancellation);
            Assert.Equal(HttpStatusCode.Created, stored.StatusCode);
            using var answer = JsonDocument.Parse(await stored.Content.ReadAsStringAsync(Cancellation));
            Assert.Equal("local", answer.RootElement.GetProperty("decision").GetProperty("moderator").GetString());
            Assert.Equal("spam", answer.RootElement.GetProperty("current").GetProperty("labels").GetProperty("mail").GetString());
        }
        var history = await server.Store.HistoryAsync(judged.MessageId, judged.ContentSha256, Cancellation);
        var decision = Assert.Single(history);
        Assert.Equal((judged.Scores, judged.Bundle, "seen before"), (decision.Seen, decision.Bundle, decision.Note));
        Assert.NotEqual(default, decision.DecidedAt);

        await AssertProblemAsync(await server.Client.PostAsJsonAsync("/api/v1/decisions", new { decisionId = "d-1", verdictId = judged.VerdictId, labels = new { mail = "ham", techniques = new { } } }, Cancellation),
            HttpStatusCode.Conflict, "decisionId");
        var undo = new { verdictId = judged.VerdictId, undoes = "d-1" };
        Assert.Equal(HttpStatusCode.Created, (await server.Client.PostAsJsonAsync("/api/v1/decisions", undo, Cancellation)).StatusCode);
        await AssertProblemAsync(await server.Client.PostAsJsonAsync("/api/v1/decisions", undo, Cancellation), HttpStatusCode.Conflict, "undoes");
        using var listed = await GetAsync(server, $"/api/v1/decisions?messageId={judged.MessageId}&contentSha256={judged.ContentSha256}");
        Assert.Equal(2, listed.RootElement.GetArrayLength());
        Assert.Null((await server.Store.FindAsync(judged.VerdictId, Cancellation))!.Decision);
    }

    [Theory]
    [InlineData("""{"verdictId":"V","labels":{"techniques":{}}}""", HttpStatusCode.BadRequest, "labels")]
    [InlineData("""{"verdictId":"V","labels":{"mail":"junk","techniques":{}}}""", HttpStatusCode.BadRequest, "labels.mail")]
    [InlineData("""{"verdictId":"V","labels":{"techniques":{"witchcraft":true}}}""", HttpStatusCode.BadRequest, "labels.techniques")]
    [InlineData("""{"verdictId":"V","labels":{"mail":"ham","techniques":{}},"undoes":"d"}""", HttpStatusCode.BadRequest, "labels")]
    [InlineData("""{"verdictId":"none","labels":{"mail":"ham","techniques":{}}}""", HttpStatusCode.NotFound, "verdictId")]
    [InlineData("""{"verdictId":"V","undoes":"none"}""", HttpStatusCode.Conflict, "undoes")]
    [InlineData("""{"labels":{"mail":"ham","techniques":{}}}""", HttpStatusCode.BadRequest, "body")]
    [InlineData("[", HttpStatusCode.BadRequest, "body")]
    public async Task A_wrong_decision_is_refused_by_field(string body, HttpStatusCode status, string field)
    {
        var judged = Some.JudgedMessage();
        await using var server = await ModerationServer.StartAsync(judged);
        using var content = new StringContent(body.Replace("\"V\"", $"\"{judged.VerdictId}\"", StringComparison.Ordinal), Encoding.UTF8, "application/json");
        await AssertProblemAsync(await server.Client.PostAsync("/api/v1/decisions", content, Cancellation), status, field);
        Assert.Empty(await server.Store.HistoryAsync(judged.MessageId, judged.ContentSha256, Cancellation));
    }

    [Fact]
    public async Task A_form_is_no_decision()
    {
        await using var server = await ModerationServer.StartAsync();
        using var form = new StringContent("{}", Encoding.UTF8, "text/plain");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await server.Client.PostAsync("/api/v1/decisions", form, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task The_stream_sends_what_is_stored()
    {
        await using var server = await ModerationServer.StartAsync();
        using var stream = await server.Client.GetStreamAsync("/api/v1/verdicts/stream", Cancellation);
        using var reader = new StreamReader(stream);
        Assert.Equal("event: ready", await NextAsync(reader));
        Assert.Equal("data: {}", await NextAsync(reader));
        var judged = Some.JudgedMessage();
        await server.Store.StoreAsync([judged], Cancellation);
        Assert.Equal("event: verdict", await NextAsync(reader));
        string data = await NextAsync(reader);
        Assert.Contains(judged.VerdictId, data, StringComparison.Ordinal);
        Assert.Contains("\"tokenScores\":null", data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_OpenAPI_document_names_every_route()
    {
        await using var server = await ModerationServer.StartAsync();
        using var document = await GetAsync(server, "/openapi/v1.json");
        var paths = document.RootElement.GetProperty("paths");
        foreach (string path in new[] { "/api/v1/verdicts", "/api/v1/verdicts/{verdictId}", "/api/v1/verdicts/counts", "/api/v1/verdicts/stream", "/api/v1/decisions" })
            Assert.True(paths.TryGetProperty(path, out _), path);
        Assert.Equal(14, paths.GetProperty("/api/v1/verdicts").GetProperty("get").GetProperty("parameters").GetArrayLength());
        // Nobody is asked who he is here, so that nothing is said of it.
        Assert.DoesNotContain("security", document.RootElement.GetRawText(), StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<string> NextAsync(StreamReader reader)
    {
        while (true)
            if (await reader.ReadLineAsync(Cancellation) is { Length: > 0 } line) return line;
    }

    private static async Task<JsonDocument> GetAsync(ModerationServer server, string address)
    {
        var answer = await server.Client.GetAsync(address, Cancellation);
        string body = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.IsSuccessStatusCode, $"{address}: {answer.StatusCode} {body}");
        return JsonDocument.Parse(body);
    }

    private static async Task AssertProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string field)
    {
        string body = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.StatusCode == status, $"{answer.StatusCode} {body}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        using var problem = JsonDocument.Parse(body);
        Assert.Equal(field, problem.RootElement.GetProperty("field").GetString());
    }
}
