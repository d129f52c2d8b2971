using System.Text.Json;
using System.Text.Json.Nodes;
using Detection.Contracts;

namespace Detection.Storage.Elasticsearch;

/// <summary>Erasing an author, and deleting by age.</summary>
internal sealed class StoreUpkeep(SearchCluster cluster, IndexNames names, DecisionOutbox outbox, DecisionProjection projection, DecidedVerdicts decided, TimeProvider time)
{
    private const int Page = 500;

    public async Task<Erasure> EraseAuthorAsync(string author, string by, CancellationToken cancellation)
    {
        string name = ErasedAuthor.Check(author);
        long verdicts = 0, decisions = 0;
        while (true)
        {
            await cluster.PostAsync($"/{names.Verdicts}/_refresh?ignore_unavailable=true", null, cancellation).ConfigureAwait(false);
            var hits = await PageAsync(name, cancellation).ConfigureAwait(false);
            if (hits.Length == 0) break;
            // Decisions first: while the verdicts are there, an erasure that broke off finds the rest when it is asked for again.
            decisions += await outbox.RemoveAsync([.. hits.Select(Message)], cancellation).ConfigureAwait(false);
            (JsonObject, JsonNode?)[] deletes = [.. hits.Select(hit => (new JsonObject { ["delete"] = new JsonObject { ["_index"] = hit.GetProperty("_index").GetString(), ["_id"] = hit.GetProperty("_id").GetString() } }, (JsonNode?)null))];
            verdicts += Deleted(await cluster.BulkAsync(deletes, cancellation, concrete: true).ConfigureAwait(false));
        }
        var erasure = new Erasure(ErasedAuthor.Sha256(name), by, time.GetUtcNow(), verdicts, decisions);
        var action = new JsonObject { ["create"] = new JsonObject { ["_index"] = names.Erasures, ["_id"] = Guid.NewGuid().ToString("N") } };
        Deleted(await cluster.BulkAsync([(action, JsonSerializer.SerializeToNode(erasure, ContractJson.Options))], cancellation, refresh: true).ConfigureAwait(false));
        return erasure;
    }

    public async Task<IReadOnlyList<Erasure>> ErasuresAsync(CancellationToken cancellation)
    {
        var body = new JsonObject { ["size"] = 10_000, ["sort"] = new JsonArray(new JsonObject { ["at"] = "asc" }) };
        var answer = await cluster.PostAsync($"/{names.Erasures}/_search", body, cancellation).ConfigureAwait(false);
        return [.. answer.Hits().Select(hit => hit.GetProperty("_source").Deserialize<Erasure>(ContractJson.Options)!)];
    }

    public async Task<Retained> RetainAsync(RetentionPolicy policy, DateTimeOffset now, CancellationToken cancellation)
    {
        long verdicts = 0, decisions = 0;
        if (policy.VerdictDays is { } verdictDays) verdicts = await DeleteMonthsAsync(now.AddDays(-verdictDays), cancellation).ConfigureAwait(false);
        if (policy.DecisionDays is { } decisionDays) decisions = await DeleteDecisionsAsync(now.AddDays(-decisionDays), cancellation).ConfigureAwait(false);
        return new Retained(verdicts, decisions);
    }

    private async Task<JsonElement[]> PageAsync(string author, CancellationToken cancellation)
    {
        var body = new JsonObject { ["query"] = Clause.All(Clause.Term("derived.authors", author)), ["size"] = Page, ["track_total_hits"] = false, ["_source"] = new JsonArray("messageId", "contentSha256") };
        return [.. (await cluster.PostAsync($"/{names.Verdicts}/_search?ignore_unavailable=true", body, cancellation).ConfigureAwait(false)).Hits()];
    }

    private async Task<long> DeleteMonthsAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        long deleted = 0;
        foreach (string index in await IndicesAsync(cancellation).ConfigureAwait(false))
            if (IndexNames.Split(index) is { } name && names.End(name.Alias) is { } end && end <= before)
            {
                deleted += (await cluster.GetAsync($"/{index}/_count", cancellation).ConfigureAwait(false)).Json.GetProperty("count").GetInt64();
                await cluster.DeleteAsync($"/{index}", null, cancellation, 404).ConfigureAwait(false);
            }
        return deleted;
    }

    private async Task<IReadOnlyList<string>> IndicesAsync(CancellationToken cancellation) =>
        [.. (await cluster.GetAsync($"/{names.Verdicts}-*/_alias", cancellation, 404).ConfigureAwait(false)).Json.EnumerateObject().Select(index => index.Name)];

    private async Task<long> DeleteDecisionsAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        await cluster.PostAsync($"/{names.Decisions}/_refresh", null, cancellation).ConfigureAwait(false);
        HashSet<(string MessageId, string ContentSha256)> old = [], kept = [];
        await foreach (var page in decided.PagesAsync(Clause.Not(Clause.Term("record.removed", true)), cancellation).ConfigureAwait(false))
            foreach (var decision in page.Select(record => record.Decision))
                (decision.DecidedAt < before ? old : kept).Add((decision.MessageId, decision.ContentSha256));
        // A history goes as a whole: what is in force now may rest on what was undone long ago.
        old.ExceptWith(kept);
        long deleted = await outbox.RemoveAsync(old, cancellation).ConfigureAwait(false);
        await projection.CarryAsync(old, cancellation).ConfigureAwait(false);
        return deleted;
    }

    private static (string, string) Message(JsonElement hit) => (hit.GetProperty("_source").GetProperty("messageId").GetString()!, hit.GetProperty("_source").GetProperty("contentSha256").GetString()!);

    private long Deleted(IReadOnlyList<BulkItem> items)
    {
        foreach (var item in items)
            if (item is { Done: false, Status: not 404 }) throw item.IsFull ? ServerError.Full(names.Verdicts) : new StoreException(StoreFault.Unavailable, $"Not everything could be erased: {item.Status} {item.Type}. Ask for it again{(item.Moving ? " when the migration is through" : "")}.");
        return items.Count(item => item.Done);
    }
}
