using Detection.Ingest;
using Detection.ServiceDefaults;

namespace Detection.Detector;

/// <summary>The worker: stream → pipeline → store, and HTTP scan answered by the same engine.</summary>
public static class DetectorHost
{
    public static IServiceCollection AddDetector(this IServiceCollection services, DetectionOptions options)
    {
        services.AddOptions<IngestOptions>();
        services.AddSingleton(provider => new LivePipeline(Pipelines.Load(options, provider.GetRequiredService<TimeProvider>(), warning => DetectorLog.Model(provider.GetRequiredService<ILogger<JudgingEngine>>(), warning))));
        services.AddSingleton(provider => new JudgingEngine(provider.GetRequiredService<LivePipeline>().Judge, options.MaxDelay, provider.GetRequiredService<TimeProvider>()));
        // The model first: what is configured wrong is named before files are made.
        services.AddOpening(WarmAsync);
        services.AddStore(options).AddStoreReadiness().AddStream(options);
        // Stopped in the opposite order: the worker finishes what it has received while the engine still judges.
        services.AddHostedService(provider => provider.GetRequiredService<JudgingEngine>());
        services.AddHostedService<StreamWorker>();
        services.AddHostedService<BundleWatcher>();
        services.AddReadiness("model", static (provider, _) => Task.FromResult(provider.GetRequiredService<JudgingEngine>().ExecuteTask is { IsCompleted: false } ? null : "The model is not loaded."));
        services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(DetectorMetrics.Name)).WithTracing(traces => traces.AddSource(DetectorMetrics.Name));
        return services;
    }

    /// <summary><c>POST /api/v1/scan</c>. Call after <see cref="ServiceHost.MapServiceDefaults"/>.</summary>
    public static WebApplication MapDetector(this WebApplication app)
    {
        app.MapScan();
        return app;
    }

    private static Task WarmAsync(IServiceProvider services, CancellationToken cancellation)
    {
        var pipeline = services.GetRequiredService<LivePipeline>();
        return Task.Run(() => pipeline.Warm(cancellation), cancellation);
    }
}
