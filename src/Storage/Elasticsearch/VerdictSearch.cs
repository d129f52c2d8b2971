using System.Text.Json;
using System.Text.Json.Nodes;
using Detection.Contracts;

namespace Detection.Storage.Elasticsearch;

/// <summary>
/// Pages of verdicts: each begins after the last verdict of the page before. From the second page on a point in time is held, so that what comes or changes meanwhile does not disturb;
/// who only looks at the first page costs nothing. A point in time that the server gave up is done without. While a month moves to a new index its documents are there twice for a
/// while; a page shows each once.
/// </summary>
internal sealed class VerdictSearch(SearchCluster cluster, IndexNames names, PointsInTime points)
{
    private const int MaxTake = 500;

    // Derived fields, the mail's second names and long token scores are not needed on a page.
    private static readonly string[] LeftOut = ["tokenScores", "email", "derived", "event"];

    /// <exception cref="ArgumentException">Names the field that cannot be used.</exception>
    public async Task<VerdictPage> SearchAsync(VerdictQuery query, CancellationToken cancellation)
    {
        if (query.Take is < 1 or > MaxTake) throw new ArgumentException($"Take: must be 1 to {MaxTake}.", nameof(query));
        var cursor = string.IsNullOrEmpty(query.After) ? null : SearchCursor.Parse(query.After, query.Order);
        var body = Body(query, cursor);
        string? point = cursor is null ? null : cursor.Point ?? await points.OpenAsync(cancellation).ConfigureAwait(false);
        var (answer, held) = await AskAsync(body, point, cancellation).ConfigureAwait(false);
        var (hits, last) = Take([.. answer.Hits()], query.Take);
        if (last is null && held is not null) await points.CloseAsync(held, cancellation).ConfigureAwait(false);
        return new VerdictPage([.. hits.Select(Hit)], last is { } end ? SearchCursor.Of(query.Order, end.GetProperty("sort"), held).ToString() : null);
    }

    private async Task<(Answer Answer, string? Point)> AskAsync(JsonObject body, string? point, CancellationToken cancellation)
    {
        if (point is not null)
        {
            body["pit"] = new JsonObject { ["id"] = point, ["keep_alive"] = PointsInTime.KeepAlive };
            var answer = await cluster.PostAsync("/_search", body, cancellation, 400, 404).ConfigureAwait(false);
            if (answer.Status == 200) return (answer, answer.Json.TryGetProperty("pit_id", out var renewed) ? renewed.GetString() : point);
            body.Remove("pit");
        }
        return (await cluster.PostAsync($"/{names.Verdicts}/_search?ignore_unavailable=true", body, cancellation).ConfigureAwait(false), null);
    }

    private static JsonObject Body(VerdictQuery query, SearchCursor? cursor)
    {
        var filter = new VerdictFilter(query);
        string[] order = query.Order == VerdictOrder.Newest ? ["derived.processed", "verdictId"] : ["derived.rank", "derived.suspicion", "verdictId"];
        var body = new JsonObject
        {
            ["query"] = filter.Query,
            ["sort"] = new JsonArray([.. order.Select(field => new JsonObject { [field] = "desc" })]),
            // One more tells whether there is another page.
            ["size"] = query.Take + 1,
            ["track_total_hits"] = false,
            ["_source"] = new JsonObject { ["excludes"] = JsonSerializer.SerializeToNode(LeftOut) },
        };
        if (filter.Highlight is { } highlight) body["highlight"] = highlight;
        if (cursor is not null) body["search_after"] = JsonNode.Parse(cursor.Values);
        return body;
    }

    /// <summary>At most so many verdicts, and the last of them where more may follow.</summary>
    private static (IReadOnlyList<JsonElement> Hits, JsonElement? Last) Take(IReadOnlyCollection<JsonElement> found, int take)
    {
        // Two copies have the same sort values and are neighbours; the one of the newer index counts. Where one was cut off, the next page begins after both.
        List<JsonElement> once = [];
        foreach (var hit in found)
            if (once.Count == 0 || Text(once[^1], "_id") != Text(hit, "_id")) once.Add(hit);
            else if (string.CompareOrdinal(Text(hit, "_index"), Text(once[^1], "_index")) > 0) once[^1] = hit;
        if (once.Count > take) once.RemoveAt(take);
        return (once, found.Count > take ? once[^1] : null);
    }

    private static VerdictHit Hit(JsonElement hit) => new(hit.GetProperty("_source").Deserialize<JudgedMessage>(ContractJson.Options)!, VerdictFilter.Highlights(hit));

    private static string? Text(JsonElement hit, string name) => hit.GetProperty(name).GetString();
}
