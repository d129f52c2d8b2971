using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Detection.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Detection.Tests.ServiceDefaults;

public sealed class ServiceHostTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_metrics_and_limits_answer()
    {
        using var folder = new TemporaryFolder();
        bool ready = false;
        await using var app = Build(folder, "http://127.0.0.1:0", builder => builder.Services.AddReadiness("model", (_, _) => Task.FromResult(ready ? null : "The model is not warm.")));
        app.MapPost("/echo", async (HttpRequest request) => { await request.Body.CopyToAsync(Stream.Null); return "ok"; });
        await app.StartAsync(Cancellation);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live", Cancellation)).StatusCode);
        var waiting = await client.GetAsync("/health/ready", Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, waiting.StatusCode);
        Assert.Contains("The model is not warm.", await waiting.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        ready = true;
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/ready", Cancellation)).StatusCode);
        Assert.Contains("http_server_request_duration", await client.GetStringAsync("/metrics", Cancellation), StringComparison.Ordinal);

        var large = await client.PostAsync("/echo", new ByteArrayContent(new byte[5000]), Cancellation);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        Assert.Equal("application/problem+json", large.Content.Headers.ContentType?.MediaType);
        var missing = await client.GetAsync("/nowhere", Cancellation);
        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (missing.StatusCode, missing.Content.Headers.ContentType?.MediaType));
    }

    [Theory]
    [InlineData("rebound.example", null, null, HttpStatusCode.MisdirectedRequest, "Host")]
    [InlineData(null, "http://evil.example", null, HttpStatusCode.Forbidden, "Origin")]
    [InlineData(null, "null", null, HttpStatusCode.Forbidden, "Origin")]
    [InlineData(null, null, "cross-site", HttpStatusCode.Forbidden, "Origin")]
    [InlineData("localhost", null, "same-origin", HttpStatusCode.OK, null)]
    [InlineData(null, null, null, HttpStatusCode.OK, null)]
    public async Task A_page_of_another_site_changes_nothing(string? host, string? origin, string? site, HttpStatusCode expected, string? field)
    {
        using var folder = new TemporaryFolder();
        await using var app = Build(folder, "http://127.0.0.1:0");
        app.MapPost("/change", () => "changed");
        await app.StartAsync(Cancellation);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/change");
        if (host is not null) request.Headers.Host = host;
        if (origin is not null) request.Headers.Add("Origin", origin);
        if (site is not null) request.Headers.Add("Sec-Fetch-Site", site);

        var answer = await client.SendAsync(request, Cancellation);

        Assert.Equal(expected, answer.StatusCode);
        if (field is null) return;
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(field, problem.RootElement.GetProperty("field").GetString());
    }

    [Fact]
    public async Task A_web_socket_from_another_origin_is_refused()
    {
        using var folder = new TemporaryFolder();
        await using var app = Build(folder, "http://127.0.0.1:0");
        app.MapGet("/socket", () => "open");
        await app.StartAsync(Cancellation);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/socket");
        request.Headers.Upgrade.Add(new ProductHeaderValue("websocket"));
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Add("Origin", "http://evil.example");
        Assert.Equal(HttpStatusCode.Forbidden, (await client.SendAsync(request, Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://*:0")]
    [InlineData("http://127.0.0.1:0;http://0.0.0.0:0")]
    public async Task An_address_that_other_machines_reach_stops_the_start(string urls)
    {
        using var folder = new TemporaryFolder();
        await using var app = Build(folder, urls);
        var wrong = await Assert.ThrowsAsync<InvalidOptionsException>(() => app.StartAsync(Cancellation));
        Assert.Contains("Detection:Http:Urls", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("no authentication", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kestrels_own_endpoints_are_held_to_the_same_rule()
    {
        using var folder = new TemporaryFolder();
        var builder = ModerationServer.Builder(folder.Path, ("Kestrel:Endpoints:Open:Url", "http://0.0.0.0:0"));
        builder.AddServiceDefaults("test");
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        await Assert.ThrowsAsync<InvalidOptionsException>(() => app.StartAsync(Cancellation));
    }

    [Fact]
    public async Task A_taken_port_ends_with_exit_code_1_and_the_next_free_one_is_found()
    {
        using var folder = new TemporaryFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        string taken = $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}";
        await using var app = Build(folder, taken);
        Assert.Equal(1, await app.RunServiceAsync(Cancellation));

        string free = LoopbackAddress.FirstFree(taken);
        Assert.StartsWith("http://127.0.0.1:", free, StringComparison.Ordinal);
        Assert.NotEqual(taken, free);
        Assert.Throws<InvalidOptionsException>(() => LoopbackAddress.FirstFree("http://192.0.2.1:5080"));
    }

    private static WebApplication Build(TemporaryFolder folder, string urls, Action<WebApplicationBuilder>? more = null)
    {
        var builder = ModerationServer.Builder(folder.Path, ("Detection:Http:Urls", urls), ("Detection:Http:MaxBody", "4096"));
        builder.AddServiceDefaults("test");
        builder.Logging.ClearProviders();
        more?.Invoke(builder);
        var app = builder.Build();
        app.MapServiceDefaults();
        return app;
    }
}
