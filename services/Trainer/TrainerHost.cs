using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;
using Detection.ServiceDefaults.Auth;
using Detection.Storage;

namespace Detection.Trainer;

/// <summary>Retrains when enough was decided; promotes only when told to.</summary>
public static class TrainerHost
{
    /// <exception cref="InvalidOptionsException">A file of <c>Detection:Trainer</c> is missing.</exception>
    public static IServiceCollection AddTrainer(this IServiceCollection services, DetectionOptions options)
    {
        Require("Data", options.Trainer.Data);
        Require("Corpus", options.Trainer.Corpus);
        services.AddSingleton(new TrainedVersions(options));
        services.AddSingleton(provider => new Retraining(provider.GetRequiredService<IVerdictStore>(), provider.GetRequiredService<TrainedVersions>(), options, provider.GetRequiredService<TimeProvider>()));
        services.AddOpening(static (provider, _) =>
        {
            // A model that cannot be used is named now, not at the first training.
            provider.GetRequiredService<TrainedVersions>().InUse();
            return Task.CompletedTask;
        });
        // Before who reads it.
        services.AddStore(options);
        services.AddHostedService<TrainerWorker>();
        return services.AddStoreReadiness();
    }

    /// <summary><c>GET /api/v1/models/versions</c> and <c>POST /api/v1/models/champion</c>.</summary>
    public static WebApplication MapTrainer(this WebApplication app)
    {
        app.MapGet("/api/v1/models/versions", static (TrainedVersions versions) => Results.Text(versions.List().ToJsonString(), "application/json")).RequireAuthorization(Scopes.Read);
        app.MapPost("/api/v1/models/champion", PromoteAsync).RequireAuthorization(Scopes.Admin);
        return app;
    }

    private static async Task<IResult> PromoteAsync(Champion wanted, HttpContext context, TrainedVersions versions, IBundleAliases aliases, TimeProvider time, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(wanted.Version)) return Wrong("must name a version", StatusCodes.Status400BadRequest);
        try
        {
            if (await versions.PromoteAsync(wanted.Version, aliases, context.User.Identity?.Name ?? "local", time, cancellation) is null) return Wrong($"'{wanted.Version}' is none of the versions", StatusCodes.Status404NotFound);
            return Results.NoContent();
        }
        catch (BundleException broken) { return Wrong("cannot be used: " + broken.Message.TrimEnd('.'), StatusCodes.Status409Conflict); }
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
