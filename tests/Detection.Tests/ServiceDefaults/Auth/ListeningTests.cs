using System.Net;
using Detection.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Detection.Tests.ServiceDefaults.Auth;

/// <summary>Where a host with authentication listens, and by which names it may be asked.</summary>
public sealed class ListeningTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http://0.0.0.0:0", null, "detector.example", HttpStatusCode.OK)]
    [InlineData("http://0.0.0.0:0", "detector.example; other.example", "Detector.Example:8080", HttpStatusCode.OK)]
    [InlineData("http://0.0.0.0:0", "detector.example", "rebound.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("http://0.0.0.0:0", "detector.example", "10.1.2.3:8080", HttpStatusCode.OK)]
    [InlineData("http://127.0.0.1:0", null, "rebound.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("http://127.0.0.1:0", "proxied.example", "proxied.example", HttpStatusCode.OK)]
    [InlineData("http://127.0.0.1:0", "proxied.example", "10.1.2.3", HttpStatusCode.MisdirectedRequest)]
    public async Task With_authentication_a_host_is_asked_by_its_names(string urls, string? hosts, string host, HttpStatusCode expected)
    {
        using var files = new AccessFiles();
        await using var app = await StartAsync(files, urls, hosts);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)) };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live");
        request.Headers.Host = host;
        Assert.Equal(expected, (await client.SendAsync(request, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_page_of_another_origin_changes_nothing_with_authentication_either()
    {
        using var files = new AccessFiles();
        await using var app = await StartAsync(files, "http://0.0.0.0:0", null);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)) };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/decisions");
        request.Headers.Host = "detection.example";
        request.Headers.Add("Origin", "http://evil.example");
        Assert.Equal(HttpStatusCode.Forbidden, (await client.SendAsync(request, Cancellation)).StatusCode);
    }

    [Fact]
    public void Names_without_authentication_are_refused()
    {
        using var folder = new TemporaryFolder();
        var wrong = Assert.Throws<InvalidOptionsException>(() => ModerationServer.Builder(folder.Path, ("Detection:Http:Hosts", "a.example")).AddServiceDefaults("test"));
        Assert.Contains("Detection:Http:Hosts needs authentication", wrong.Message, StringComparison.Ordinal);
    }

    private static async Task<WebApplication> StartAsync(AccessFiles files, string urls, string? hosts)
    {
        var builder = ModerationServer.Builder(Path.GetDirectoryName(files.Keys)!, [("Detection:Http:Urls", urls), ("Detection:Http:Hosts", hosts), .. files.Settings]);
        builder.AddServiceDefaults("test");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapServiceDefaults();
        await app.StartAsync(Cancellation);
        return app;
    }
}
