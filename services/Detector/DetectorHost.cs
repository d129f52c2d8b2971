using Detection.Contracts;
using Detection.Detectors;
using Detection.Ingest;
using Detection.ServiceDefaults;
using Detection.Storage;
using Detection.Storage.Sqlite;
using Detection.Streaming;
using Detection.Streaming.Embedded;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Detection.Detector;

/// <summary>The worker: stream → pipeline → store, and HTTP scan answered by the same engine. Hosts register <see cref="IMessageStream"/> and <see cref="IVerdictStore"/>.</summary>
public static class DetectorHost
{
    /// <summary>The embedded stream and store of one data folder.</summary>
    public static IServiceCollection AddEmbeddedParts(this IServiceCollection services, DetectionOptions options)
    {
        services.TryAddSingleton<IVerdictStore>(_ => new SqliteVerdictStore(new VerdictStoreOptions { Folder = options.Data }));
        services.TryAddSingleton(provider => new EmbeddedStream(new EmbeddedStreamOptions { Folder = options.Data }, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IMessageStream>(provider => provider.GetRequiredService<EmbeddedStream>());
        services.TryAddSingleton<IMessageSink>(provider => provider.GetRequiredService<EmbeddedStream>());
        services.TryAddSingleton<IDeadLetters>(provider => provider.GetRequiredService<EmbeddedStream>());
        return services;
    }

    public static IServiceCollection AddDetector(this IServiceCollection services, DetectionOptions options)
    {
        services.AddOptions<IngestOptions>();
        services.AddScanLimit(options.Http.MaxScans);
        services.AddSingleton(provider => Pipelines.Load(options, provider.GetRequiredService<TimeProvider>(), warning => DetectorLog.Model(provider.GetRequiredService<ILogger<JudgingEngine>>(), warning)));
        services.AddSingleton(provider => new JudgingEngine(provider.GetRequiredService<DetectionPipeline>().Judge, options.MaxDelay, provider.GetRequiredService<TimeProvider>()));
        // Stopped in the opposite order: the worker finishes what it has received while the engine still judges.
        services.AddOpening(OpenAsync);
        services.AddHostedService(provider => provider.GetRequiredService<JudgingEngine>());
        services.AddHostedService<StreamWorker>();
        services.AddReadiness("store", static (provider, cancellation) => StoreReadiness.ReasonAsync(provider.GetRequiredService<IVerdictStore>(), cancellation));
        services.AddReadiness("stream", static async (provider, cancellation) =>
        {
            try { await provider.GetRequiredService<IDeadLetters>().CountAsync(cancellation); return null; }
            catch (Exception failure) when (failure is not OperationCanceledException) { return $"The stream does not answer: {failure.GetType().Name}."; }
        });
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

    /// <summary>Store and stream answer, and the model is warm, before anything else starts.</summary>
    private static async Task OpenAsync(IServiceProvider services, CancellationToken cancellation)
    {
        // The model first: what is configured wrong is named before files are made.
        var pipeline = services.GetRequiredService<DetectionPipeline>();
        await services.GetRequiredService<IVerdictStore>().OpenAsync(cancellation);
        await services.GetRequiredService<IMessageStream>().OpenAsync(cancellation);
        await Task.Run(() => pipeline.Judge([new Message { Id = "warm-up", Text = "The first message pays for the start of the kernels, so this one goes before it." }], cancellation), cancellation);
    }
}
