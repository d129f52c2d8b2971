using Detection.ServiceDefaults;

namespace Detection.Moderation;

/// <summary>The dashboard and its API alone, over the store that is configured.</summary>
public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults("moderation");
        builder.Services.AddModeration();
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapModeration();
        return await app.RunServiceAsync();
    }
}
