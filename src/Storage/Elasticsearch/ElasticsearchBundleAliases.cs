using System.Text.Json;
using System.Text.Json.Nodes;
using Detection.Contracts;

namespace Detection.Storage.Elasticsearch;

/// <summary>Aliases of bundles in the index <c>P-models</c>; the store of the same options makes it when it is opened.</summary>
public sealed class ElasticsearchBundleAliases : IBundleAliases, IDisposable
{
    private readonly StoreMetrics _metrics = new("elasticsearch");
    private readonly SearchCluster _cluster;
    private readonly IndexNames _names;

    /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">Names the option out of range.</exception>
    public ElasticsearchBundleAliases(ElasticsearchStoreOptions options)
    {
        _cluster = new SearchCluster(options, _metrics);
        _names = new IndexNames(options.Prefix);
    }

    public async Task<IReadOnlyList<BundleAlias>> ReadAsync(CancellationToken cancellation)
    {
        // Set a moment ago: a worker that starts then must not take the version before.
        await _cluster.PostAsync($"/{_names.Models}/_refresh", null, cancellation).ConfigureAwait(false);
        var body = new JsonObject { ["size"] = 1000, ["sort"] = new JsonArray(new JsonObject { ["bundle"] = "asc" }, new JsonObject { ["alias"] = "asc" }) };
        return [.. (await _cluster.PostAsync($"/{_names.Models}/_search", body, cancellation).ConfigureAwait(false)).Hits().Select(hit => hit.GetProperty("_source").Deserialize<BundleAlias>(ContractJson.Options)!)];
    }

    public async Task SetAsync(BundleAlias alias, string? expected, CancellationToken cancellation)
    {
        alias.Check();
        while (true)
        {
            string id = $"{alias.Bundle}:{alias.Alias}";
            var present = await _cluster.GetAsync($"/{_names.Models}/_doc/{Uri.EscapeDataString(id)}", cancellation, 404).ConfigureAwait(false);
            var document = present.Status == 200 ? present.Json : (JsonElement?)null;
            string? now = document?.GetProperty("_source").GetProperty("version").GetString();
            if (expected is not null && now != expected) throw BundleAlias.Conflict(alias, now, expected);
            var item = (await _cluster.BulkAsync([(Action(id, document), JsonSerializer.SerializeToNode(alias, ContractJson.Options))], cancellation).ConfigureAwait(false))[0];
            if (item.Done) return;
            if (!item.Conflict) throw item.IsFull ? ServerError.Full(_names.Models) : new StoreException(StoreFault.Unavailable, $"{_names.Models} cannot be written: {item.Status} {item.Type}. See 'detection indices check'.");
        }
    }

    public void Dispose()
    {
        _cluster.Dispose();
        _metrics.Dispose();
    }

    /// <summary>Written only if nobody wrote it since it was read.</summary>
    private JsonObject Action(string id, JsonElement? present)
    {
        var at = new JsonObject { ["_index"] = _names.Models, ["_id"] = id };
        if (present is not { } document) return new JsonObject { ["create"] = at };
        at["if_seq_no"] = document.GetProperty("_seq_no").GetInt64();
        at["if_primary_term"] = document.GetProperty("_primary_term").GetInt64();
        return new JsonObject { ["index"] = at };
    }
}
