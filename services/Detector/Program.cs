using Detection.Checkpoints;
using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;

namespace Detection.Detector;

/// <summary>The worker alone, as configured.</summary>
public static class Program
{
    public static Task<int> Main(string[] args) => ServiceHost.MainAsync(() => Build(args), static failure => failure is BundleException or CheckpointException);

    private static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        var options = builder.AddServiceDefaults("detector");
        builder.Services.AddDetector(options);
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapDetector();
        return app;
    }
}
