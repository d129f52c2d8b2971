using System.Net;
using System.Text.Json.Nodes;

namespace Detection.EndToEnd;

/// <summary>The services alone, each in its process.</summary>
public sealed class HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("worker", new[] { "model", "store", "stream" })]
    [InlineData("moderation", new[] { "store" })]
    [InlineData("trainer", new[] { "store" })]
    public async Task A_service_alone_is_ready_and_names_a_store_that_went_away(string service, string[] parts)
    {
        using var data = new TemporaryFolder();
        string url = TheProgram.FreeUrl(), file = data.File("verdicts.db"), away = data.File("away.db");
        await using var program = TheProgram.Start(data.Path, [service], new Dictionary<string, string> { ["Detection__Http__Urls"] = url });
        await program.ReadyAsync(url, Patience);
        using var http = new HttpClient { BaseAddress = new Uri(url) };
        Assert.Equal(parts, (await ReadinessAsync(http, HttpStatusCode.OK)).Select(check => check.Key).Order(StringComparer.Ordinal));

        File.Move(file, away);
        var checks = await ReadinessAsync(http, HttpStatusCode.ServiceUnavailable);
        Assert.StartsWith($"{file} is missing", (string?)checks["store"]!["reason"], StringComparison.Ordinal);
        Assert.All(checks.Where(check => check.Key != "store"), check => Assert.Equal("Healthy", (string?)check.Value!["status"]));
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/live", Cancellation)).StatusCode);

        File.Move(away, file);
        await ReadinessAsync(http, HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_over_the_limit_is_answered_with_413_whether_its_length_is_told_or_not(bool told)
    {
        using var data = new TemporaryFolder();
        string url = TheProgram.FreeUrl();
        await using var worker = TheProgram.Start(data.Path, ["worker"], new Dictionary<string, string> { ["Detection__Http__Urls"] = url, ["Detection__Http__MaxBody"] = "4096" });
        await worker.ReadyAsync(url, Patience);
        using var http = new HttpClient { BaseAddress = new Uri(url) };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/scan") { Content = new StringContent($"{{\"text\":\"{new string('a', 5_000)}\"}}", System.Text.Encoding.UTF8, "application/json") };
        request.Headers.TransferEncodingChunked = !told;
        using var answer = await http.SendAsync(request, Cancellation);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
    }

    private static async Task<JsonObject> ReadinessAsync(HttpClient http, HttpStatusCode status)
    {
        using var answer = await http.GetAsync("/health/ready", Cancellation);
        string body = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.StatusCode == status, body);
        return JsonNode.Parse(body)!["checks"]!.AsObject();
    }
}
