using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Detection.EndToEnd;

public sealed class ServeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_posted_message_is_judged_stored_and_found_again()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var data = new TemporaryFolder();
        string url = TheProgram.FreeUrl();
        await using var serve = TheProgram.Start(data.Path, ["serve", "--urls", url]);
        await serve.ReadyAsync(url, Patience);
        using var http = new HttpClient { BaseAddress = new Uri(url) };

        using var posted = await http.PostAsJsonAsync("/api/v1/scan", new { id = "m1", text = "Your parcel is held. Confirm your card within 24 hours at http://parcel.example/pay", channel = "sms" }, cancellation);
        Assert.Equal(HttpStatusCode.OK, posted.StatusCode);
        using var verdict = JsonDocument.Parse(await posted.Content.ReadAsStringAsync(cancellation));
        Assert.Equal("m1", verdict.RootElement.GetProperty("messageId").GetString());
        Assert.False(verdict.RootElement.TryGetProperty("message", out _));

        string id = verdict.RootElement.GetProperty("verdictId").GetString()!;
        using var stored = JsonDocument.Parse(await http.GetStringAsync($"/api/v1/verdicts/{id}", cancellation));
        Assert.StartsWith("Your parcel", stored.RootElement.GetProperty("message").GetProperty("text").GetString(), StringComparison.Ordinal);

        using var mail = new ByteArrayContent(Encoding.ASCII.GetBytes("From: a@b.example\r\nMessage-ID: <m2@b.example>\r\n\r\nSee you at five.\r\n"));
        mail.Headers.ContentType = new("message/rfc822");
        using var second = await http.PostAsync("/api/v1/scan?store=false", mail, cancellation);
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        Assert.DoesNotContain("m2@b.example", await http.GetStringAsync("/api/v1/verdicts", cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"subject\":\"no text\"}", "application/json", 400, "text")]
    [InlineData("not json", "application/json", 400, "JSON")]
    [InlineData("x", "text/csv", 415, "text/csv")]
    public async Task Wrong_input_is_answered_with_problem_details(string body, string type, int status, string names)
    {
        using var data = new TemporaryFolder();
        string url = TheProgram.FreeUrl();
        await using var serve = TheProgram.Start(data.Path, ["serve", "--urls", url]);
        await serve.ReadyAsync(url, Patience);
        using var http = new HttpClient { BaseAddress = new Uri(url) };
        using var content = new StringContent(body, Encoding.UTF8, new System.Net.Http.Headers.MediaTypeHeaderValue(type));
        using var answer = await http.PostAsync("/api/v1/scan", content, TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains(names, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_others_can_reach_is_refused()
    {
        using var data = new TemporaryFolder();
        await using var serve = TheProgram.Start(data.Path, ["serve", "--urls", "http://0.0.0.0:5999"]);
        Assert.Equal(2, await serve.ExitAsync(Patience));
        Assert.Contains("authentication", serve.Error, StringComparison.Ordinal);
    }
}
