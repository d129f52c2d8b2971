using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;
using Detection.ServiceDefaults.Auth;
using Detection.Storage;
using Detection.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Detection.Trainer;

/// <summary>Retrains when enough was decided; promotes only when told to.</summary>
public static class TrainerHost
{
    /// <exception cref="InvalidOptionsException">A file of <c>Detection:Trainer</c> is missing.</exception>
    public static IServiceCollection AddTrainer(this IServiceCollection services, DetectionOptions options)
    {
        Require("Data", options.Trainer.Data);
        Require("Corpus", options.Trainer.Corpus);
        services.TryAddSingleton<IVerdictStore>(_ => new SqliteVerdictStore(new VerdictStoreOptions { Folder = options.Data }));
        services.AddSingleton(new TrainedVersions(options));
        services.AddSingleton(provider => new Retraining(provider.GetRequiredService<IVerdictStore>(), provider.GetRequiredService<TrainedVersions>(), options, provider.GetRequiredService<TimeProvider>()));
        services.AddOpening(static async (provider, cancellation) =>
        {
            // A model that cannot be used is named now, not at the first training.
            provider.GetRequiredService<TrainedVersions>().InUse();
            await provider.GetRequiredService<IVerdictStore>().OpenAsync(cancellation);
        });
        services.AddHostedService<TrainerWorker>();
        return services.AddReadiness("store", static (provider, cancellation) => StoreReadiness.ReasonAsync(provider.GetRequiredService<IVerdictStore>(), cancellation));
    }

    /// <summary><c>GET /api/v1/models/versions</c> and <c>POST /api/v1/models/champion</c>.</summary>
    public static WebApplication MapTrainer(this WebApplication app)
    {
        app.MapGet("/api/v1/models/versions", static (TrainedVersions versions) => Results.Text(versions.List().ToJsonString(), "application/json")).RequireAuthorization(Scopes.Read);
        app.MapPost("/api/v1/models/champion", static (Champion wanted, TrainedVersions versions) =>
        {
            if (string.IsNullOrWhiteSpace(wanted.Version)) return Wrong("must name a version", StatusCodes.Status400BadRequest);
            try { return versions.Promote(wanted.Version) ? Results.NoContent() : Wrong($"'{wanted.Version}' is none of the versions", StatusCodes.Status404NotFound); }
            catch (BundleException broken) { return Wrong("cannot be used: " + broken.Message.TrimEnd('.'), StatusCodes.Status409Conflict); }
        }).RequireAuthorization(Scopes.Admin);
        return app;
    }

    private static IResult Wrong(string problem, int status) =>
        Results.Problem($"version {problem}.", statusCode: status, extensions: new Dictionary<string, object?> { ["field"] = "version" });

    private static void Require(string option, string[]? files)
    {
        for (int i = 0; i < (files?.Length ?? 0); i++)
            if (!File.Exists(files![i])) throw new InvalidOptionsException($"Detection:Trainer:{option}:{i}: {files[i]}: no such file");
    }

    private sealed record Champion(string? Version);
}
