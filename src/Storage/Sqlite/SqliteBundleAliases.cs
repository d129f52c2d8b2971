using System.Text.Json;
using Detection.Contracts;

namespace Detection.Storage.Sqlite;

/// <summary>Aliases of bundles in the file of the embedded store.</summary>
public sealed class SqliteBundleAliases(VerdictStoreOptions options) : IBundleAliases
{
    /// <exception cref="StoreException">The file cannot be used.</exception>
    public Task<IReadOnlyList<BundleAlias>> ReadAsync(CancellationToken cancellation) => Task.Run<IReadOnlyList<BundleAlias>>(() =>
    {
        using var session = StoreFile.OpenWriter(options);
        List<BundleAlias> aliases = [];
        session.Query(row => { aliases.Add(JsonSerializer.Deserialize<BundleAlias>(row.GetString(0), ContractJson.Options)!); return true; }, "SELECT json FROM aliases ORDER BY bundle, alias");
        return aliases;
    }, cancellation);

    public Task SetAsync(BundleAlias alias, string? expected, CancellationToken cancellation)
    {
        alias.Check();
        return Task.Run(() =>
        {
            using var session = StoreFile.OpenWriter(options);
            session.Transaction(() => Set(session, alias, expected));
        }, cancellation);
    }

    private static void Set(SqliteSession session, BundleAlias alias, string? expected)
    {
        string? now = session.Scalar<string>("SELECT version FROM aliases WHERE bundle = $bundle AND alias = $alias", ("$bundle", alias.Bundle), ("$alias", alias.Alias));
        if (expected is not null && now != expected) throw BundleAlias.Conflict(alias, now, expected);
        session.Execute("INSERT OR REPLACE INTO aliases (bundle, alias, version, json) VALUES ($bundle, $alias, $version, $json)",
            ("$bundle", alias.Bundle), ("$alias", alias.Alias), ("$version", alias.Version), ("$json", JsonSerializer.Serialize(alias, ContractJson.Options)));
    }
}
