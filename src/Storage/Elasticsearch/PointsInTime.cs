using System.Text.Json.Nodes;

namespace Detection.Storage.Elasticsearch;

/// <summary>Points in time, where the server has them; the two servers have different paths for them.</summary>
internal sealed class PointsInTime(SearchCluster cluster, IndexNames names)
{
    public const string KeepAlive = "2m";

    // A cursor travels in a URL; a point over very many shards is too long for that, and the page is read without.
    private const int MaxCharacters = 3000;

    private bool _isOpenSearch;

    public async Task RecogniseAsync(CancellationToken cancellation) =>
        _isOpenSearch = (await cluster.GetAsync("/", cancellation).ConfigureAwait(false)).Json.GetProperty("version").TryGetProperty("distribution", out var name) && name.GetString() == "opensearch";

    /// <summary>Null: there is none to be had.</summary>
    public async Task<string?> OpenAsync(CancellationToken cancellation)
    {
        string path = _isOpenSearch ? $"/{names.Verdicts}/_search/point_in_time" : $"/{names.Verdicts}/_pit";
        var answer = await cluster.PostAsync($"{path}?keep_alive={KeepAlive}", null, cancellation, 400, 403, 404, 405, 429, 503).ConfigureAwait(false);
        if (answer.Status != 200) return null;
        string id = answer.Json.GetProperty(_isOpenSearch ? "pit_id" : "id").GetString()!;
        if (id.Length <= MaxCharacters) return id;
        await CloseAsync(id, cancellation).ConfigureAwait(false);
        return null;
    }

    /// <summary>What is not closed ends by itself.</summary>
    public async Task CloseAsync(string id, CancellationToken cancellation)
    {
        var (path, body) = _isOpenSearch ? ("/_search/point_in_time", new JsonObject { ["pit_id"] = new JsonArray(id) }) : ("/_pit", new JsonObject { ["id"] = id });
        await cluster.DeleteAsync(path, body, cancellation, 400, 404, 429, 503).ConfigureAwait(false);
    }
}
