using System.Text.Json;

namespace Detection.Storage.Elasticsearch;

/// <summary>A concrete index as it stands on the server.</summary>
/// <param name="Alias">The write alias that its name says it is for.</param>
/// <param name="Version">Of the templates it was made under; 0: none of ours.</param>
/// <param name="Aliases">All that point at it.</param>
internal sealed record ConcreteIndex(string Name, string Alias, int Number, int Version, IReadOnlyList<string> Aliases, bool IsBlocked, string? RefreshInterval, string? Replicas)
{
    public bool IsWritten => Aliases.Contains(Alias);
}

/// <summary>Reads which indices there are.</summary>
internal static class IndexState
{
    public static async Task<IReadOnlyList<ConcreteIndex>> ReadAsync(SearchCluster cluster, IndexNames names, CancellationToken cancellation)
    {
        string all = $"/{names.Verdicts}-*,{string.Join(',', names.Single.Select(alias => alias + "-v*"))}";
        var indices = (await cluster.GetAsync($"{all}?ignore_unavailable=true", cancellation).ConfigureAwait(false)).Json;
        return [.. indices.EnumerateObject().Select(index => Read(index.Name, index.Value)).OfType<ConcreteIndex>().Where(index => names.Single.Contains(index.Alias) || names.End(index.Alias) is not null)
            .OrderBy(index => index.Alias, StringComparer.Ordinal).ThenBy(index => index.Number)];
    }

    private static ConcreteIndex? Read(string name, JsonElement index)
    {
        if (IndexNames.Split(name) is not (var alias, var number)) return null;
        var settings = index.GetProperty("settings").GetProperty("index");
        int version = index.GetProperty("mappings").TryGetProperty("_meta", out var meta) && meta.TryGetProperty("version", out var found) ? found.GetInt32() : 0;
        bool isBlocked = settings.TryGetProperty("blocks", out var blocks) && blocks.TryGetProperty("write", out var write) && write.GetString() == "true";
        return new ConcreteIndex(name, alias, number, version, [.. index.GetProperty("aliases").EnumerateObject().Select(one => one.Name)], isBlocked, Text(settings, "refresh_interval"), Text(settings, "number_of_replicas"));
    }

    private static string? Text(JsonElement settings, string name) => settings.TryGetProperty(name, out var value) ? value.GetString() : null;
}
