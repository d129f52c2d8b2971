using System.Text.Json;
using System.Text.Json.Nodes;
using Detection.Contracts;

namespace Detection.Storage.Elasticsearch;

/// <summary>
/// What of the history is not published: decisions say so themselves (<c>record.published</c>), and where a history was deleted, one document stays in its place until that is published too.
/// </summary>
internal sealed class DecisionOutbox(SearchCluster cluster, IndexNames names, DecisionLog log, DecisionProjection projection, TimeProvider time)
{
    public async Task<IReadOnlyList<DecisionState>> PendingAsync(int take, CancellationToken cancellation)
    {
        var body = new JsonObject
        {
            ["query"] = Clause.All(Clause.Term("record.published", false)),
            ["size"] = take,
            ["track_total_hits"] = false,
            ["sort"] = new JsonArray(new JsonObject { ["record.recorded"] = "asc" }),
            ["_source"] = new JsonArray("messageId", "contentSha256", "record"),
        };
        var pending = (await cluster.PostAsync($"/{names.Decisions}/_search", body, cancellation).ConfigureAwait(false)).Hits().Select(hit => Key(hit.GetProperty("_source"))).DistinctBy(one => one.Key).ToArray();
        var histories = await log.ReadAsync([.. pending.Select(one => one.Key)], cancellation).ConfigureAwait(false);
        var states = pending.Select(one => new DecisionState(one.MessageId, one.ContentSha256, DecisionLog.Summary(histories[one.Key]), Version(histories[one.Key], one.Recorded))).ToArray();
        // A program that ended between deciding and writing the verdicts left that undone.
        await projection.CarryAsync([.. states.Select(state => (state.MessageId, state.ContentSha256))], cancellation).ConfigureAwait(false);
        return states;
    }

    public async Task PublishedAsync(IReadOnlyList<DecisionState> states, CancellationToken cancellation)
    {
        var histories = await log.ReadAsync([.. states.Select(state => DecisionLog.Key(state.MessageId, state.ContentSha256))], cancellation).ConfigureAwait(false);
        List<(JsonObject, JsonNode?)> operations = [];
        foreach (var state in states)
        {
            string key = DecisionLog.Key(state.MessageId, state.ContentSha256);
            foreach (var record in histories[key].Where(record => record.Recorded <= state.Version && !record.Published))
                operations.Add((new JsonObject { ["update"] = At(DecisionLog.Id(key, record.Position), 5) }, new JsonObject { ["doc"] = new JsonObject { ["record"] = new JsonObject { ["published"] = true } } }));
            if (state.Summary is null) operations.Add((new JsonObject { ["delete"] = At(RemovedId(key)) }, null));
        }
        foreach (var chunk in operations.Chunk(500)) Check(await cluster.BulkAsync(chunk, cancellation).ConfigureAwait(false));
    }

    /// <summary>Deletes the histories; that they are gone is published like a decision. How many decisions that were.</summary>
    public async Task<long> RemoveAsync(IReadOnlyCollection<(string MessageId, string ContentSha256)> messages, CancellationToken cancellation)
    {
        var byKey = messages.DistinctBy(message => message).ToDictionary(message => DecisionLog.Key(message.MessageId, message.ContentSha256));
        var histories = await log.ReadAsync([.. byKey.Keys], cancellation).ConfigureAwait(false);
        List<(JsonObject, JsonNode?)> operations = [];
        long count = 0;
        foreach (var (key, history) in histories.Where(history => history.Value.Count > 0))
        {
            operations.Add((new JsonObject { ["index"] = At(RemovedId(key)) }, Removed(key, byKey[key])));
            // From the end: what is left of a history that could not be deleted whole is a history still.
            foreach (var record in history.Reverse()) operations.Add((new JsonObject { ["delete"] = At(DecisionLog.Id(key, record.Position)) }, null));
            count += history.Count;
        }
        foreach (var chunk in operations.Chunk(500)) Check(await cluster.BulkAsync(chunk, cancellation, refresh: true).ConfigureAwait(false));
        return count;
    }

    private static string RemovedId(string key) => key + ":removed";

    private JsonObject Removed(string key, (string MessageId, string ContentSha256) message) => new()
    {
        ["messageId"] = message.MessageId,
        ["contentSha256"] = message.ContentSha256,
        ["record"] = new JsonObject { ["key"] = key, ["position"] = -1, ["recorded"] = time.GetUtcNow().UtcTicks, ["published"] = false, ["removed"] = true },
    };

    private static long Version(IReadOnlyList<DecisionRecord> history, long recorded) => history.Count == 0 ? recorded : history.Max(record => record.Recorded);

    private static (string Key, string MessageId, string ContentSha256, long Recorded) Key(JsonElement source) =>
        (source.GetProperty("record").GetProperty("key").GetString()!, source.GetProperty("messageId").GetString()!, source.GetProperty("contentSha256").GetString()!, source.GetProperty("record").GetProperty("recorded").GetInt64());

    private JsonObject At(string id, int retries = 0)
    {
        var at = new JsonObject { ["_index"] = names.Decisions, ["_id"] = id };
        if (retries > 0) at["retry_on_conflict"] = retries;
        return at;
    }

    private void Check(IReadOnlyList<BulkItem> items)
    {
        foreach (var item in items)
            if (item is { Done: false, Status: not 404 }) throw item.IsFull ? ServerError.Full(names.Decisions) : new StoreException(StoreFault.Unavailable, $"{names.Decisions} cannot be written: {item.Status} {item.Type}.");
    }
}
