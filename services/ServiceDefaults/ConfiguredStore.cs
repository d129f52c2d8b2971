using Detection.Storage;
using Detection.Storage.Elasticsearch;
using Detection.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Detection.ServiceDefaults;

/// <summary>The store that is configured, by its sides: verdicts and decisions, what is forgotten, what was not published, which bundle is promoted.</summary>
public sealed record ConfiguredStore(IVerdictStore Verdicts, IStoreUpkeep Upkeep, IDecisionOutbox Outbox, IBundleAliases Aliases) : IAsyncDisposable
{
    /// <summary>Not open yet.</summary>
    /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">Names the option that is wrong.</exception>
    public static ConfiguredStore Of(DetectionOptions options, TimeProvider time)
    {
        if (options.Store == "elasticsearch")
        {
            var settings = Elasticsearch(options);
            var cluster = new ElasticsearchVerdictStore(settings, time);
            return new ConfiguredStore(cluster, cluster, cluster, new ElasticsearchBundleAliases(settings));
        }
        var file = new VerdictStoreOptions { Folder = options.Data, Bodies = Bodies(options) };
        var embedded = new SqliteVerdictStore(file);
        return new ConfiguredStore(embedded, embedded, embedded, new SqliteBundleAliases(file));
    }

    /// <exception cref="InvalidOptionsException">A node is no URL.</exception>
    public static ElasticsearchStoreOptions Elasticsearch(DetectionOptions options)
    {
        var given = options.Elasticsearch;
        return new ElasticsearchStoreOptions
        {
            Nodes = [.. given.Nodes.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Node)],
            Prefix = options.Prefix,
            ApiKey = given.ApiKey,
            Username = given.Username,
            Password = given.Password,
            CertificateAuthority = given.CertificateAuthority,
            Shards = given.Shards,
            Replicas = given.Replicas,
            RefreshInterval = given.RefreshInterval,
            BulkDocuments = given.BulkDocuments,
            BulkBytes = (int)given.BulkBytes,
            BulkDelay = given.BulkDelay,
            RequestTimeout = given.RequestTimeout,
            Bodies = Bodies(options),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await Verdicts.DisposeAsync();
        (Aliases as IDisposable)?.Dispose();
    }

    private static StoredBodies Bodies(DetectionOptions options) => options.Bodies switch { "off" => StoredBodies.Off, "redacted" => StoredBodies.Redacted, _ => StoredBodies.On };

    private static Uri Node(string url) => Uri.TryCreate(url, UriKind.Absolute, out var node) ? node : throw new InvalidOptionsException($"Detection:Elasticsearch:Nodes must be URLs separated by commas (one is '{url}')");
}

public static class StoreHosting
{
    /// <summary>The configured store, opened before the host takes requests and disposed with it. A server that does not answer yet is waited for; readiness says so.</summary>
    public static IServiceCollection AddStore(this IServiceCollection services, DetectionOptions options)
    {
        // Parts in one host that need the store say so once each.
        if (services.Any(known => known.ServiceType == typeof(ConfiguredStore))) return services;
        services.TryAddSingleton(provider => ConfiguredStore.Of(options, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(static provider => provider.GetRequiredService<ConfiguredStore>().Verdicts);
        services.TryAddSingleton(static provider => provider.GetRequiredService<ConfiguredStore>().Upkeep);
        services.TryAddSingleton(static provider => provider.GetRequiredService<ConfiguredStore>().Outbox);
        services.TryAddSingleton(static provider => provider.GetRequiredService<ConfiguredStore>().Aliases);
        return services.AddOpening(static (provider, cancellation) => provider.GetRequiredService<IVerdictStore>().OpenAsync(cancellation),
            later: failure => options.Store != "embedded" && failure is StoreException { Fault: StoreFault.Unavailable });
    }

    /// <summary>Ready only while the store answers.</summary>
    public static IServiceCollection AddStoreReadiness(this IServiceCollection services) =>
        services.AddReadiness("store", static (provider, cancellation) => StoreReadiness.ReasonAsync(provider.GetRequiredService<IVerdictStore>(), cancellation));
}
