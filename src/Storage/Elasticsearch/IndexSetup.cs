using System.Text.Json;
using System.Text.Json.Nodes;

namespace Detection.Storage.Elasticsearch;

/// <summary>Makes templates and indices. Several programs may do it at once.</summary>
internal sealed class IndexSetup(SearchCluster cluster, IndexNames names, IndexTemplates templates)
{
    /// <summary>Templates where they are missing or older; newer ones are left to the newer program.</summary>
    /// <param name="always">Writes them even where they are of this version: settings may have changed.</param>
    /// <exception cref="StoreException">A newer version of the program made them.</exception>
    public async Task TemplatesAsync(bool always, CancellationToken cancellation)
    {
        foreach (var (kind, entries) in Kinds)
            foreach (var (name, body) in entries)
            {
                int? version = await FindAsync(kind, name, cancellation).ConfigureAwait(false) is { } found ? Version(found) : null;
                if (version > IndexTemplates.Version)
                    throw new StoreException(StoreFault.NewerVersion, $"The template {name} was made by a newer version of Detection (form {version}, this program knows {IndexTemplates.Version}). Use that version, or another prefix.");
                if (always || version is null || version < IndexTemplates.Version) await cluster.PutAsync($"/_{kind}/{name}", body, cancellation).ConfigureAwait(false);
            }
    }

    /// <summary>One sentence for each template that is missing, of another form, or changed by someone.</summary>
    public async Task<IReadOnlyList<string>> TemplateDifferencesAsync(CancellationToken cancellation)
    {
        List<string> differences = [];
        foreach (var (kind, entries) in Kinds)
            foreach (var (name, body) in entries)
                if (Difference(name, body, await FindAsync(kind, name, cancellation).ConfigureAwait(false)) is { } difference) differences.Add(difference);
        return differences;
    }

    /// <summary>The indices that are not kept by month, this month's and the next's.</summary>
    public async Task IndicesAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (string alias in names.Single) await IndexAsync(alias, cancellation).ConfigureAwait(false);
        foreach (string alias in names.OpenMonths(now).Skip(1)) await IndexAsync(alias, cancellation).ConfigureAwait(false);
    }

    /// <summary>The first index behind a write alias, unless there is one. True: it was made now.</summary>
    public async Task<bool> IndexAsync(string alias, CancellationToken cancellation)
    {
        if ((await cluster.GetAsync($"/_alias/{alias}", cancellation, 404).ConfigureAwait(false)).Status == 200) return false;
        // Two at once: the second meets the index of the first (400), and where that was copied already, the alias that must not have two write indices (400, 500).
        await CreateAsync(alias, 1, writes: true, cancellation, 400, 500).ConfigureAwait(false);
        if ((await cluster.GetAsync($"/_alias/{alias}", cancellation, 404).ConfigureAwait(false)).Status == 200) return true;
        throw new StoreException(StoreFault.Unavailable, $"The index {IndexNames.Concrete(alias, 1)} with the alias {alias} cannot be made: an index without the alias may be in its place. See 'detection indices check'.");
    }

    public Task<Answer> CreateAsync(string alias, int number, bool writes, CancellationToken cancellation, params int[] allowed)
    {
        var aliases = new JsonObject();
        if (writes) aliases[alias] = new JsonObject { ["is_write_index"] = true };
        if (writes && names.End(alias) is not null) aliases[names.Verdicts] = new JsonObject();
        return cluster.PutAsync($"/{IndexNames.Concrete(alias, number)}", new JsonObject { ["aliases"] = aliases }, cancellation, allowed);
    }

    private (string Kind, IReadOnlyList<(string Name, JsonObject Body)> Entries)[] Kinds => [("component_template", templates.Components), ("index_template", templates.Indices)];

    private async Task<JsonElement?> FindAsync(string kind, string name, CancellationToken cancellation)
    {
        var answer = await cluster.GetAsync($"/_{kind}/{name}", cancellation, 404).ConfigureAwait(false);
        return answer.Status == 404 ? null : answer.Json.GetProperty(kind + "s")[0].GetProperty(kind);
    }

    // A template without our _meta is not ours, and older than any.
    private static int Version(JsonElement template) =>
        template.TryGetProperty("_meta", out var meta) && meta.TryGetProperty("version", out var version) && version.ValueKind == JsonValueKind.Number ? version.GetInt32() : 0;

    private static string? Difference(string name, JsonObject wanted, JsonElement? found)
    {
        if (found is not { } template) return $"There is no template {name}: 'detection indices create' makes it.";
        if (Version(template) is var version && version != IndexTemplates.Version)
            return $"The template {name} is of form {version}, this program's is {IndexTemplates.Version}{(version > IndexTemplates.Version ? ": use the newer program" : ": 'detection indices create' writes it")}.";
        // What a server adds of itself is no difference. It gives settings back as text.
        var there = Leaves(template, "").ToDictionary();
        var (path, value) = Leaves(JsonSerializer.SerializeToElement(wanted), "").FirstOrDefault(leaf => there.GetValueOrDefault(leaf.Key) != leaf.Value);
        return path is null ? null : $"The template {name} is not as this program writes it, {path[1..]} is {there.GetValueOrDefault(path) ?? "missing"} and not {value}: 'detection indices create' writes it.";
    }

    private static IEnumerable<KeyValuePair<string, string>> Leaves(JsonElement part, string path) => part.ValueKind switch
    {
        JsonValueKind.Object => part.EnumerateObject().SelectMany(field => Leaves(field.Value, $"{path}.{field.Name}")),
        JsonValueKind.Array => part.EnumerateArray().SelectMany((item, i) => Leaves(item, $"{path}.{i}")),
        JsonValueKind.String => [new(path, part.GetString()!)],
        _ => [new(path, part.GetRawText())],
    };
}
