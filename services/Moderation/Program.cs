using Detection.ServiceDefaults;
using Detection.Storage;
using Detection.Storage.Sqlite;

namespace Detection.Moderation;

/// <summary>The dashboard and its API alone, over the store that is configured.</summary>
public static class Program
{
    public static Task<int> Main(string[] args) => ServiceHost.MainAsync(() => Build(args));

    private static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        var options = builder.AddServiceDefaults("moderation");
        builder.Services.AddSingleton<IVerdictStore>(_ => new SqliteVerdictStore(new VerdictStoreOptions { Folder = options.Data }));
        builder.Services.AddOpening(static (provider, cancellation) => provider.GetRequiredService<IVerdictStore>().OpenAsync(cancellation));
        builder.Services.AddModeration();
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapModeration();
        return app;
    }
}
