using Detection.Contracts;
using Detection.Ingest;
using Detection.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace Detection.Detector;

/// <summary>The worker: stream → pipeline → store, and HTTP scan answered by the same engine.</summary>
public static class DetectorHost
{
    /// <summary>Batches of verdicts that a worker stores at one time, at most. A store in one file has one writer: a second batch would only wait for it, and both be smaller.</summary>
    public static int StoringLanes(DetectionOptions options) => options.Store == "embedded" ? 1 : 4;

    /// <param name="judge">Judges in the model's place, and no model is loaded; null: the configured model does.</param>
    public static IServiceCollection AddDetector(this IServiceCollection services, DetectionOptions options, Func<IReadOnlyList<Message>, CancellationToken, IReadOnlyList<JudgedMessage>>? judge = null)
    {
        services.AddSingleton(Options.Create(Ingest(options)));
        services.AddScanLimit(options.Http.MaxScans);
        // The model first: what is configured wrong is named before files are made.
        if (judge is null) services.AddModel(options);
        services.AddStore(options).AddStoreReadiness().AddStream(options);
        services.AddSingleton(provider => new JudgingEngine(judge ?? provider.GetRequiredService<LivePipeline>().Judge, options.MaxDelay, provider.GetRequiredService<TimeProvider>()));
        // Stopped in the opposite order: the worker finishes what it has received while the engine still judges.
        services.AddHostedService(provider => provider.GetRequiredService<JudgingEngine>());
        services.AddHostedService<StreamWorker>();
        services.AddReadiness("model", static (provider, _) => Task.FromResult(provider.GetRequiredService<JudgingEngine>().ExecuteTask is { IsCompleted: false } ? null : "The model is not loaded."));
        services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(DetectorMetrics.Name)).WithTracing(traces => traces.AddSource(DetectorMetrics.Name));
        return services;
    }

    /// <summary>How messages are read.</summary>
    public static IngestOptions Ingest(DetectionOptions options) => new() { TrustedReceivers = options.TrustedReceivers ?? [] };

    /// <summary><c>POST /api/v1/scan</c>. Call after <see cref="ServiceHost.MapServiceDefaults"/>.</summary>
    public static WebApplication MapDetector(this WebApplication app)
    {
        app.MapScan();
        return app;
    }

    /// <summary>The configured model, warm before the host takes requests, and following what is promoted.</summary>
    private static void AddModel(this IServiceCollection services, DetectionOptions options)
    {
        services.AddSingleton(provider =>
        {
            var log = provider.GetRequiredService<ILogger<JudgingEngine>>();
            var pipeline = Pipelines.LoadForDuty(options, provider.GetRequiredService<TimeProvider>(), warning => DetectorLog.Model(log, warning));
            DetectorLog.Limits(log, options, pipeline);
            return new LivePipeline(pipeline);
        });
        services.AddOpening(static (provider, cancellation) => Task.Run(() => provider.GetRequiredService<LivePipeline>().Warm(cancellation), cancellation));
        services.AddHostedService<BundleWatcher>();
    }
}
