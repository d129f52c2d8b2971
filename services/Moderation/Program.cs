using Detection.ServiceDefaults;
using Detection.Storage;
using Detection.Storage.Sqlite;

namespace Detection.Moderation;

/// <summary>The dashboard and its API alone, over the store that is configured.</summary>
public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        var options = builder.AddServiceDefaults("moderation");
        builder.Services.AddSingleton<IVerdictStore>(new SqliteVerdictStore(new VerdictStoreOptions { Folder = options.Data }));
        builder.Services.AddModeration();
        var app = builder.Build();
        await app.Services.GetRequiredService<IVerdictStore>().OpenAsync(CancellationToken.None);
        app.MapServiceDefaults();
        app.MapModeration();
        return await app.RunServiceAsync();
    }
}
