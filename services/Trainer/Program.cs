using Detection.Checkpoints;
using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;

namespace Detection.Trainer;

/// <summary>The trainer alone, as configured.</summary>
public static class Program
{
    public static Task<int> Main(string[] args) => ServiceHost.MainAsync(() => Build(args), static failure => failure is BundleException or CheckpointException);

    private static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        var options = builder.AddServiceDefaults("trainer");
        builder.Services.AddTrainer(options);
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapTrainer();
        return app;
    }
}
