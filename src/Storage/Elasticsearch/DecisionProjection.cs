using System.Text.Json;
using System.Text.Json.Nodes;
using Detection.Contracts;

namespace Detection.Storage.Elasticsearch;

/// <summary>
/// Carries what the history amounts to into <c>decision</c> of the verdicts, where it is searched for. A document is read, then the history, and the document is written only if nobody
/// wrote it in between: whoever comes last has seen the whole history. Everything else in the document stays as it is, byte for byte.
/// </summary>
internal sealed class DecisionProjection(SearchCluster cluster, IndexNames names, DecisionLog log, TimeProvider time)
{
    /// <summary>To verdicts that were stored just now: something may have been decided about their message and content before.</summary>
    public async Task CarryToStoredAsync(IReadOnlyList<JudgedMessage> stored, CancellationToken cancellation)
    {
        string[] keys = [.. stored.Select(judged => DecisionLog.Key(judged.MessageId, judged.ContentSha256))];
        var decided = await log.DecidedAsync(keys, cancellation).ConfigureAwait(false);
        if (decided.Count == 0) return;
        for (int i = 0; i < keys.Length; i++)
            if (decided.Contains(keys[i])) await CarryAsync(names.Month(stored[i].AcceptedAt), stored[i].VerdictId, keys[i], null, cancellation).ConfigureAwait(false);
    }

    /// <summary>To all verdicts on these messages and contents.</summary>
    public async Task CarryAsync(IReadOnlyCollection<(string MessageId, string ContentSha256)> messages, CancellationToken cancellation)
    {
        if (messages.Count == 0) return;
        // What was stored and cannot be searched for yet must be found; what is stored after this asks for the history by itself.
        await cluster.PostAsync($"/{string.Join(',', names.OpenMonths(time.GetUtcNow()))}/_refresh?ignore_unavailable=true", null, cancellation).ConfigureAwait(false);
        foreach (var (messageId, content) in messages)
            foreach (var hit in await VerdictsAsync(messageId, content, cancellation).ConfigureAwait(false))
                if (hit.GetProperty("_index").GetString()! is var index && IndexNames.Split(index) is { } name)
                    await CarryAsync(name.Alias, hit.GetProperty("_id").GetString()!, DecisionLog.Key(messageId, content), index, cancellation).ConfigureAwait(false);
    }

    private async Task<JsonElement.ArrayEnumerator> VerdictsAsync(string messageId, string contentSha256, CancellationToken cancellation)
    {
        var body = new JsonObject { ["query"] = Clause.All(Clause.Term("messageId", messageId), Clause.Term("contentSha256", contentSha256)), ["_source"] = false, ["size"] = 1000 };
        return (await cluster.PostAsync($"/{names.Verdicts}/_search?ignore_unavailable=true", body, cancellation).ConfigureAwait(false)).Hits();
    }

    /// <param name="alias">Written through it alone: an index that a migration took away must not come again.</param>
    /// <param name="found">The index in which the document was found; it may be an old one that is closed to writes, while its month moves.</param>
    private async Task CarryAsync(string alias, string id, string key, string? found, CancellationToken cancellation)
    {
        while (true)
        {
            var document = await GetAsync(alias, id, cancellation).ConfigureAwait(false);
            bool isNotMoved = document is null && found is not null;
            if (isNotMoved) document = await GetAsync(found!, id, cancellation).ConfigureAwait(false);
            if (document is not { } present) return;
            var source = present.GetProperty("_source");
            var summary = DecisionLog.Summary(await log.ReadAsync(key, cancellation).ConfigureAwait(false));
            if (Same(source, summary)) return;
            // Not moved yet: this document is moved now, and looked at again where it is then.
            var action = isNotMoved ? new JsonObject { ["create"] = At(alias, id) } : new JsonObject { ["index"] = At(alias, id, present) };
            var item = (await cluster.BulkAsync([(action, With(source, summary))], cancellation).ConfigureAwait(false))[0];
            if (item is { Done: false, Conflict: false })
                throw item.IsFull ? ServerError.Full(alias) : new StoreException(StoreFault.Unavailable, $"The decision is in the history, but cannot be written to {alias} yet: {item.Status} {item.Type}. To decide the same again is safe.");
        }
    }

    private async Task<JsonElement?> GetAsync(string index, string id, CancellationToken cancellation)
    {
        var answer = await cluster.GetAsync($"/{index}/_doc/{Uri.EscapeDataString(id)}", cancellation, 404).ConfigureAwait(false);
        return answer.Status == 200 ? answer.Json : null;
    }

    private static JsonObject At(string alias, string id, JsonElement? unchanged = null)
    {
        var at = new JsonObject { ["_index"] = alias, ["_id"] = id };
        if (unchanged is not { } document) return at;
        at["if_seq_no"] = document.GetProperty("_seq_no").GetInt64();
        at["if_primary_term"] = document.GetProperty("_primary_term").GetInt64();
        return at;
    }

    private static bool Same(JsonElement source, DecisionSummary? summary)
    {
        var present = source.TryGetProperty("decision", out var decision) ? decision.Deserialize<DecisionSummary>(ContractJson.Options) : null;
        return JsonSerializer.Serialize(present, ContractJson.Options) == JsonSerializer.Serialize(summary, ContractJson.Options);
    }

    // Numbers keep their digits and fields of newer programs stay: the document is copied, not read and written.
    private static JsonObject With(JsonElement source, DecisionSummary? summary)
    {
        var document = JsonObject.Create(source)!;
        document.Remove("decision");
        if (summary is null) return document;
        var decision = JsonSerializer.SerializeToNode(summary, ContractJson.Sparse)!.AsObject();
        decision["state"] = "decided";
        document["decision"] = decision;
        return document;
    }
}
