using Detection.Contracts;
using Detection.Moderation;
using Detection.ServiceDefaults;
using Detection.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Detection.Tests;

/// <summary>The real moderation host on a free loopback port, over a store in memory.</summary>
internal sealed class ModerationServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TemporaryFolder _folder;

    private ModerationServer(WebApplication app, TemporaryFolder folder, MemoryVerdictStore store)
    {
        (_app, _folder, Store) = (app, folder, store);
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()), Timeout = TimeSpan.FromSeconds(60) };
    }

    public MemoryVerdictStore Store { get; }
    public HttpClient Client { get; }
    public WebApplication App => _app;

    public static Task<ModerationServer> StartAsync(params IReadOnlyList<JudgedMessage> judged) => StartWithAsync([], TimeProvider.System, judged);

    public static async Task<ModerationServer> StartWithAsync((string Name, string? Value)[] settings, TimeProvider time, params IReadOnlyList<JudgedMessage> judged)
    {
        var folder = new TemporaryFolder();
        var store = new MemoryVerdictStore();
        await store.StoreAsync(judged, CancellationToken.None);
        var builder = Builder(folder.Path, [("Detection:Http:Urls", "http://127.0.0.1:0"), .. settings]);
        builder.Services.AddSingleton(time);
        var options = builder.AddServiceDefaults("test");
        builder.Services.AddSingleton<IVerdictStore>(store).AddSingleton<IStoreUpkeep>(store);
        builder.Services.AddModeration(options);
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapModeration();
        await app.StartAsync();
        return new ModerationServer(app, folder, store);
    }

    /// <summary>A builder that sees these settings and nothing of the machine's. Its name is Moderation's, whose static files lie beside the tests.</summary>
    public static WebApplicationBuilder Builder(string data, params (string Name, string? Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "Detection.Moderation", ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value)).Append(KeyValuePair.Create("Detection:Data", (string?)data)));
        return builder;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}
