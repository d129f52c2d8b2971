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
    public async Task CarryAsync(IReadOnlyList<JudgedMessage> stored, CancellationToken cancellation)
    {
        string[] keys = [.. stored.Select(judged => DecisionLog.Key(judged.MessageId, judged.ContentSha256))];
        var decided = await log.DecidedAsync(keys, cancellation).ConfigureAwait(false);
        if (decided.Count == 0) return;
        for (int i = 0; i < keys.Length; i++)
            if (decided.Contains(keys[i])) await CarryAsync(names.Month(stored[i].AcceptedAt), stored[i].VerdictId, keys[i], cancellation).ConfigureAwait(false);
    }

    /// <summary>To all verdicts on a message and content.</summary>
    public async Task CarryAsync(string messageId, string contentSha256, CancellationToken cancellation)
    {
        // What was stored and cannot be searched for yet must be found; what is stored after this asks for the history by itself.
        await cluster.PostAsync($"/{string.Join(',', names.OpenMonths(time.GetUtcNow()))}/_refresh?ignore_unavailable=true", null, cancellation).ConfigureAwait(false);
        foreach (var hit in await VerdictsAsync(messageId, contentSha256, cancellation).ConfigureAwait(false))
            await CarryAsync(hit.GetProperty("_index").GetString()!, hit.GetProperty("_id").GetString()!, DecisionLog.Key(messageId, contentSha256), cancellation).ConfigureAwait(false);
    }

    private async Task<JsonElement.ArrayEnumerator> VerdictsAsync(string messageId, string contentSha256, CancellationToken cancellation)
    {
        var body = new JsonObject { ["query"] = Clause.All(Clause.Term("messageId", messageId), Clause.Term("contentSha256", contentSha256)), ["_source"] = false, ["size"] = 1000 };
        return (await cluster.PostAsync($"/{names.Verdicts}/_search?ignore_unavailable=true", body, cancellation).ConfigureAwait(false)).Hits();
    }

    private async Task CarryAsync(string index, string id, string key, CancellationToken cancellation)
    {
        while (true)
        {
            var answer = await cluster.GetAsync($"/{index}/_doc/{Uri.EscapeDataString(id)}", cancellation, 404).ConfigureAwait(false);
            if (answer.Status == 404) return;
            var document = answer.Json;
            var source = document.GetProperty("_source");
            var summary = DecisionLog.Summary(await log.ReadAsync(key, cancellation).ConfigureAwait(false));
            if (Same(source, summary)) return;
            var item = await WriteAsync(document, With(source, summary), cancellation).ConfigureAwait(false);
            if (item.Done) return;
            if (item.Moving) index = await CopyAsync(document, With(source, summary), cancellation).ConfigureAwait(false);
            else if (!item.Conflict) throw item.IsFull ? ServerError.Full(index) : new StoreException(StoreFault.Unavailable, $"The decision is in the history, but cannot be written to {index} yet: {item.Status} {item.Type}. To decide the same again is safe.");
        }
    }

    private async Task<BulkItem> WriteAsync(JsonElement document, JsonNode source, CancellationToken cancellation)
    {
        var action = new JsonObject
        {
            ["index"] = new JsonObject
            {
                ["_index"] = document.GetProperty("_index").GetString(), ["_id"] = document.GetProperty("_id").GetString(),
                ["if_seq_no"] = document.GetProperty("_seq_no").GetInt64(), ["if_primary_term"] = document.GetProperty("_primary_term").GetInt64(),
            },
        };
        return (await cluster.BulkAsync([(action, source)], cancellation, concrete: true).ConfigureAwait(false))[0];
    }

    /// <summary>The month is moving to a new index and the old one is closed to writes: this document is moved now. The alias, where it is now.</summary>
    private async Task<string> CopyAsync(JsonElement document, JsonNode source, CancellationToken cancellation)
    {
        string alias = IndexNames.Split(document.GetProperty("_index").GetString()!)!.Value.Alias;
        var action = new JsonObject { ["create"] = new JsonObject { ["_index"] = alias, ["_id"] = document.GetProperty("_id").GetString() } };
        await cluster.BulkAsync([(action, source)], cancellation).ConfigureAwait(false);
        return alias;
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
