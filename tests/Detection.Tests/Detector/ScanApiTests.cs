using System.Net;
using System.Text;
using Detection.Contracts;
using Detection.Detector;
using Detection.Ingest;
using Detection.ServiceDefaults;
using Detection.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Detection.Tests.Detector;

public sealed class ScanApiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_the_model_is_busy_a_bounded_number_of_requests_waits_and_more_are_429()
    {
        using var folder = new TemporaryFolder();
        using var busy = new SemaphoreSlim(0);
        await using var app = Build(folder, messages =>
        {
            busy.Wait(Cancellation);
            return [.. messages.Select(message => Some.JudgedMessage(message))];
        });
        await app.StartAsync(Cancellation);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        // Two are worked on and two wait; which is refused depends on who comes first.
        var sent = Enumerable.Range(0, 6).Select(_ => ScanAsync(client)).ToList();
        for (int refusals = 0; refusals < 2; refusals++)
        {
            var refused = await Task.WhenAny(sent);
            sent.Remove(refused);
            using var answer = await refused;
            Assert.Equal((HttpStatusCode.TooManyRequests, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
            Assert.True(answer.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        }
        busy.Release(sent.Count);
        foreach (var answer in await Task.WhenAll(sent)) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await app.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_verdict_that_is_not_stored_is_no_answer()
    {
        using var folder = new TemporaryFolder();
        var store = new UnsteadyStore { Failures = 1, Refused = "m1" };
        await using var app = Build(folder, messages => [.. messages.Select(message => Some.JudgedMessage(message))], store);
        await app.StartAsync(Cancellation);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        using var down = await ScanAsync(client, "m2", store: true);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, true), (down.StatusCode, down.Headers.RetryAfter is not null));
        using var refused = await ScanAsync(client, "m1", store: true);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains("m1: too old", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        using var stored = await ScanAsync(client, "m2", store: true);
        Assert.Equal(HttpStatusCode.OK, stored.StatusCode);
        Assert.Equal(["m2"], store.InOrder);
        await app.StopAsync(CancellationToken.None);
    }

    private static async Task<HttpResponseMessage> ScanAsync(HttpClient client, string id = "m", bool store = false)
    {
        using var body = new StringContent($$"""{"id":"{{id}}","text":"hello"}""", Encoding.UTF8, "application/json");
        return await client.PostAsync(store ? "/api/v1/scan" : "/api/v1/scan?store=false", body, Cancellation);
    }

    private static WebApplication Build(TemporaryFolder folder, Func<IReadOnlyList<Message>, IReadOnlyList<JudgedMessage>> judge, IVerdictStore? store = null)
    {
        var builder = ModerationServer.Builder(folder.Path, ("Detection:Http:Urls", "http://127.0.0.1:0"), ("Detection:Http:MaxScans", "2"));
        var options = builder.AddServiceDefaults("test");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(store ?? new MemoryVerdictStore());
        builder.Services.AddSingleton(provider => new JudgingEngine((messages, _) => judge(messages), TimeSpan.Zero, provider.GetRequiredService<TimeProvider>()));
        builder.Services.AddHostedService(provider => provider.GetRequiredService<JudgingEngine>()).AddScanLimit(options.Http.MaxScans).AddOptions<IngestOptions>();
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapDetector();
        return app;
    }
}
