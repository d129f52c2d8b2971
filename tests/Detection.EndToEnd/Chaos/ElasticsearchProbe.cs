using System.Net.Http.Json;
using System.Text.Json;

namespace Detection.EndToEnd.Chaos;

/// <summary>Every index of verdicts, read by plain HTTP: a document that stands in two indices under one <c>_id</c> is seen twice.</summary>
/// <param name="url">Of the server.</param>
/// <param name="workerUrl">What the workers are told, for example that of a proxy; null: the same.</param>
internal sealed class ElasticsearchProbe(string url, string? workerUrl = null) : IStoreProbe
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri(url) };

    public IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>
    {
        ["Detection__Store"] = "elasticsearch",
        ["Detection__Elasticsearch__Nodes"] = workerUrl ?? url,
        ["Detection__Elasticsearch__Replicas"] = "0",
        ["Detection__Elasticsearch__RequestTimeout"] = "00:00:05",
    };

    public async Task<IReadOnlyList<StoredVerdict>> DocumentsAsync(CancellationToken cancellation)
    {
        (await _http.PostAsync("/detection-verdicts*/_refresh", null, cancellation)).EnsureSuccessStatusCode();
        List<StoredVerdict> documents = [];
        var page = await PostAsync("/detection-verdicts*/_search?scroll=1m", new { size = 1_000, sort = new[] { "_doc" }, _source = new[] { "messageId", "verdictId", "bundle", "config", "processedAt" } }, cancellation);
        while (page.GetProperty("hits").GetProperty("hits") is var hits && hits.GetArrayLength() > 0)
        {
            documents.AddRange(hits.EnumerateArray().Select(hit => Documents.Stored(hit.GetProperty("_source"))));
            page = await PostAsync("/_search/scroll", new { scroll = "1m", scroll_id = page.GetProperty("_scroll_id").GetString() }, cancellation);
        }
        return documents;
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<JsonElement> PostAsync(string path, object body, CancellationToken cancellation)
    {
        using var answer = await _http.PostAsJsonAsync(path, body, cancellation);
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(cancellation)).Clone();
    }
}
