using Detection.ServiceDefaults;
using Detection.Storage;
using Detection.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Detection.Trainer;

/// <summary>Retrains when enough was decided; promotes only when told to.</summary>
public static class TrainerHost
{
    public static IServiceCollection AddTrainer(this IServiceCollection services, DetectionOptions options)
    {
        services.TryAddSingleton<IVerdictStore>(_ => new SqliteVerdictStore(new VerdictStoreOptions { Folder = options.Data }));
        services.AddSingleton(provider => new Retraining(provider.GetRequiredService<IVerdictStore>(), options, provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<TrainerWorker>();
        return services;
    }

    /// <summary><c>GET /api/v1/models/versions</c> and <c>POST /api/v1/models/champion</c>.</summary>
    public static WebApplication MapTrainer(this WebApplication app)
    {
        app.MapGet("/api/v1/models/versions", (Retraining retraining) => Results.Json(retraining.List()));
        app.MapPost("/api/v1/models/champion", (Champion wanted, Retraining retraining) =>
        {
            if (string.IsNullOrWhiteSpace(wanted.Version)) return Results.Problem("version: which one is missing.", statusCode: 400);
            try { retraining.Promote(wanted.Version); }
            catch (DirectoryNotFoundException) { return Results.Problem($"version: there is no '{wanted.Version}'.", statusCode: 404); }
            return Results.NoContent();
        });
        return app;
    }

    private sealed record Champion(string? Version);
}
