using Detection.ServiceDefaults;

namespace Detection.Moderation;

/// <summary>The dashboard and its API alone, over the store that is configured.</summary>
public static class Program
{
    public static Task<int> Main(string[] args) => ServiceHost.MainAsync(() => Build(args));

    private static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        var options = builder.AddServiceDefaults("moderation");
        builder.Services.AddModeration(options);
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapModeration();
        return app;
    }
}
