using System.Text.Json;
using System.Text.Json.Nodes;
using HttpMethod = Elastic.Transport.HttpMethod;

namespace Detection.Storage.Elasticsearch;

/// <summary>What became of one line of a bulk request.</summary>
internal readonly record struct BulkItem(int Status, string? Type, string? Reason)
{
    public bool Done => Status is >= 200 and < 300;

    public bool Conflict => Status == 409;

    /// <summary>The write alias is not there yet.</summary>
    public bool NoIndex => Status == 404 && Type == "index_not_found_exception";

    /// <summary>The server is too busy, or the index was closed to writes because its month is moving to another: the alias names the new one.</summary>
    public bool Later => !IsFull && (Status is 429 or 503 || Moving);

    public bool Moving => Status == 403 && Type == "cluster_block_exception" && Reason?.Contains("index write (api)", StringComparison.Ordinal) == true;

    /// <summary>The index does not know a field that this program writes; no message can cause it.</summary>
    public bool IsOlder => Status == 400 && Type == "strict_dynamic_mapping_exception";

    public bool IsFull => !Done && ServerError.IsFull(Reason);
}

internal static class BulkRequests
{
    private const string TooLarge = "request_too_large";
    private const int MaxAttempts = 60;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>One item a line pair, in order. Writes go to aliases only: a write to a missing one must not make an index.</summary>
    public static async Task<IReadOnlyList<BulkItem>> BulkAsync(this SearchCluster cluster, ReadOnlyMemory<byte> lines, int count, CancellationToken cancellation, bool refresh = false, bool concrete = false)
    {
        string path = $"/_bulk?require_alias={(concrete ? "false" : "true")}&timeout=10s&filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason{(refresh ? "&refresh=true" : "")}";
        var answer = await cluster.SendAsync(HttpMethod.POST, path, lines, cancellation, lines: true, 413).ConfigureAwait(false);
        if (answer.Status == 413) return [.. Enumerable.Repeat(new BulkItem(413, TooLarge, null), count)];
        using var json = JsonDocument.Parse(answer.Body);
        if (!json.RootElement.GetProperty("errors").GetBoolean()) return [.. Enumerable.Repeat(new BulkItem(200, null, null), count)];
        return [.. json.RootElement.GetProperty("items").EnumerateArray().Select(Item)];
    }

    /// <summary>A few operations with their documents (null: none, as for a delete). Those through an alias whose index is moving are sent again until it has moved.</summary>
    public static async Task<IReadOnlyList<BulkItem>> BulkAsync(this SearchCluster cluster, IReadOnlyList<(JsonObject Action, JsonNode? Document)> operations, CancellationToken cancellation, bool refresh = false, bool concrete = false)
    {
        var items = new BulkItem[operations.Count];
        int[] open = [.. Enumerable.Range(0, operations.Count)];
        for (int attempt = 0; open.Length > 0; attempt++)
        {
            var answered = await cluster.BulkAsync(Lines(open.Select(i => operations[i])), open.Length, cancellation, refresh, concrete).ConfigureAwait(false);
            for (int i = 0; i < open.Length; i++) items[open[i]] = answered[i];
            open = concrete || attempt == MaxAttempts ? [] : [.. open.Where(i => items[i].Later)];
            if (open.Length > 0) await Task.Delay(Pause, cancellation).ConfigureAwait(false);
        }
        return items;
    }

    private static byte[] Lines(IEnumerable<(JsonObject Action, JsonNode? Document)> operations)
    {
        using var lines = new MemoryStream();
        foreach (var (action, document) in operations)
            foreach (var line in new[] { action, document }.OfType<JsonNode>())
            {
                lines.Write(JsonSerializer.SerializeToUtf8Bytes(line));
                lines.WriteByte((byte)'\n');
            }
        return lines.ToArray();
    }

    private static BulkItem Item(JsonElement item)
    {
        var result = item.EnumerateObject().First().Value;
        bool failed = result.TryGetProperty("error", out var error);
        return new BulkItem(result.GetProperty("status").GetInt32(), failed ? Text(error, "type") : null, failed ? Text(error, "reason") : null);
    }

    private static string? Text(JsonElement error, string name) => error.TryGetProperty(name, out var value) ? value.GetString() : null;
}
