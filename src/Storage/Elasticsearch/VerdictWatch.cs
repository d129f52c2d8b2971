using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Detection.Contracts;

namespace Detection.Storage.Elasticsearch;

/// <summary>
/// Follows what is stored, by the time ingested. Writers have clocks of their own and documents become visible late: what lies within <see cref="Overlap"/> of the newest is counted
/// again at every look, and where there is more than was seen, the unseen are fetched.
/// </summary>
internal sealed class VerdictWatch(SearchCluster cluster, IndexNames names, ElasticsearchStoreOptions options, TimeProvider time)
{
    private const int Page = 200, IdPage = 5000, MaxSeen = 200_000;

    private readonly Dictionary<string, long> _seen = [];
    private long _start, _newest;
    private string? _last;

    private long Overlap => (options.RefreshInterval + TimeSpan.FromSeconds(5)).Ticks;

    private TimeSpan Pause => TimeSpan.FromTicks(Math.Clamp(options.RefreshInterval.Ticks / 2, TimeSpan.TicksPerMillisecond * 50, TimeSpan.TicksPerSecond));

    /// <summary>From the call on, not from the first step of the sequence.</summary>
    public IAsyncEnumerable<JudgedMessage> FollowAsync(CancellationToken cancellation)
    {
        _start = _newest = time.GetUtcNow().UtcTicks;
        return FollowAsync(RememberAsync(cancellation), cancellation);
    }

    private async IAsyncEnumerable<JudgedMessage> FollowAsync(Task ready, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await ready.ConfigureAwait(false);
        while (true)
        {
            var page = await NewAsync(cancellation).ConfigureAwait(false);
            if (page.Count < Page) page = [.. page, .. await LateAsync(cancellation).ConfigureAwait(false)];
            foreach (var judged in page) yield return judged;
            Forget();
            // Other processes do not signal: look again after a while. A machine's own time: what passes is waiting, not the store's clock.
            if (page.Count == 0) await Task.Delay(Pause, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>What was stored before the start and lies within the overlap is not new.</summary>
    private async Task RememberAsync(CancellationToken cancellation)
    {
        await cluster.PostAsync($"/{names.Verdicts}/_refresh?ignore_unavailable=true", null, cancellation).ConfigureAwait(false);
        foreach (var (id, ingested) in await IdsAsync(_start - Overlap, _start, cancellation).ConfigureAwait(false)) _seen[id] = ingested;
    }

    private async Task<IReadOnlyList<JudgedMessage>> NewAsync(CancellationToken cancellation)
    {
        // A bulk request gives all its documents one time: the id tells how far they were read.
        var body = Body([Clause.Range("derived.ingested", _last is null ? "gt" : "gte", _newest)], Page);
        if (_last is not null) body["search_after"] = new JsonArray(_newest, _last);
        body["_source"] = WithoutTokens();
        var hits = (await AskAsync(body, cancellation).ConfigureAwait(false)).Hits().ToArray();
        if (hits.Length > 0) (_newest, _last) = (Ingested(hits[^1]), hits[^1].GetProperty("sort")[1].GetString());
        return [.. hits.Where(See).Select(VerdictReader.Judged)];
    }

    private async Task<IReadOnlyList<JudgedMessage>> LateAsync(CancellationToken cancellation)
    {
        long from = _newest - Overlap;
        var count = Body([Clause.Range("derived.ingested", "gte", from), Clause.Range("derived.ingested", "lte", _newest)], 0);
        count["track_total_hits"] = true;
        var total = (await AskAsync(count, cancellation).ConfigureAwait(false)).Json.GetProperty("hits").GetProperty("total").GetProperty("value").GetInt64();
        if (total <= _seen.Count(seen => seen.Value >= from && seen.Value <= _newest)) return [];
        string[] late = [.. (await IdsAsync(from, _newest, cancellation).ConfigureAwait(false)).Where(one => !_seen.ContainsKey(one.Id)).Select(one => one.Id).Take(Page)];
        if (late.Length == 0) return [];
        var body = Body([new JsonObject { ["ids"] = new JsonObject { ["values"] = JsonSerializer.SerializeToNode(late) } }], 2 * Page);
        body["_source"] = WithoutTokens();
        return [.. (await AskAsync(body, cancellation).ConfigureAwait(false)).Hits().Where(See).Select(VerdictReader.Judged)];
    }

    private async Task<List<(string Id, long Ingested)>> IdsAsync(long from, long to, CancellationToken cancellation)
    {
        List<(string, long)> ids = [];
        JsonNode? after = null;
        while (true)
        {
            var body = Body([Clause.Range("derived.ingested", "gte", from), Clause.Range("derived.ingested", "lte", to)], IdPage);
            body["_source"] = false;
            if (after is not null) body["search_after"] = after;
            var hits = (await AskAsync(body, cancellation).ConfigureAwait(false)).Hits().ToArray();
            ids.AddRange(hits.Select(hit => (hit.GetProperty("_id").GetString()!, Ingested(hit))));
            if (hits.Length < IdPage || ids.Count >= MaxSeen) return ids;
            after = JsonNode.Parse(hits[^1].GetProperty("sort").GetRawText());
        }
    }

    private static JsonObject Body(JsonObject[] clauses, int size) => new()
    {
        ["query"] = Clause.All(clauses),
        ["size"] = size,
        ["track_total_hits"] = false,
        ["sort"] = new JsonArray(new JsonObject { ["derived.ingested"] = "asc" }, new JsonObject { ["verdictId"] = "asc" }),
    };

    private static JsonObject WithoutTokens() => new() { ["excludes"] = new JsonArray("tokenScores", "email", "derived", "event") };

    private Task<Answer> AskAsync(JsonObject body, CancellationToken cancellation) => cluster.PostAsync($"/{names.Verdicts}/_search?ignore_unavailable=true", body, cancellation);

    private bool See(JsonElement hit) => _seen.TryAdd(hit.GetProperty("_id").GetString()!, Ingested(hit));

    private static long Ingested(JsonElement hit) => hit.GetProperty("sort")[0].GetInt64();

    private void Forget()
    {
        if (_seen.Count < 1000) return;
        long from = _newest - Overlap;
        foreach (string id in _seen.Where(seen => seen.Value < from).Select(seen => seen.Key).ToArray()) _seen.Remove(id);
    }
}
