using Detection.Checkpoints;
using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;

namespace Detection.Trainer;

/// <summary>The trainer alone, as configured.</summary>
public static class Program
{
    /// <returns>The exit code: as <see cref="ServiceHost.MainAsync"/>, and 1 where <see cref="TrainerOptions.Once"/> was asked for and the training failed.</returns>
    public static async Task<int> Main(string[] args)
    {
        int code = await ServiceHost.MainAsync(() => Build(args), static failure => failure is BundleException or CheckpointException);
        return code == 0 ? Environment.ExitCode : code;
    }

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
