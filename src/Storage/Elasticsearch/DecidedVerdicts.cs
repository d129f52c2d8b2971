using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Detection.Contracts;

namespace Detection.Storage.Elasticsearch;

/// <summary>Reads what is decided for training: from the histories, in the order taken down.</summary>
internal sealed class DecidedVerdicts(SearchCluster cluster, IndexNames names, DecisionLog log, VerdictReader verdicts)
{
    private const int Page = 100;

    public async IAsyncEnumerable<JudgedMessage> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await cluster.PostAsync($"/{names.Decisions}/_refresh", null, cancellation).ConfigureAwait(false);
        await foreach (var page in PagesAsync(Clause.Not(Clause.Term("record.removed", true)), cancellation).ConfigureAwait(false))
        {
            var histories = await log.ReadAsync([.. page.Select(record => record.Key)], cancellation).ConfigureAwait(false);
            // Only the decision in force counts, in its own place; those before it and undone ones are passed over.
            DecisionRecord[] inForce = [.. page.Where(record => DecisionLog.Summary(histories[record.Key])?.DecisionId == record.Decision.DecisionId)];
            var newest = await verdicts.NewestAsync([.. inForce.Select(record => (record.Decision.MessageId, record.Decision.ContentSha256))], cancellation).ConfigureAwait(false);
            for (int i = 0; i < inForce.Length; i++)
            {
                // Stored so lately that a search does not see it: the verdict decided on is found by its id. None: it was deleted by age.
                var judged = newest[i] ?? await verdicts.FindAsync(inForce[i].Decision.VerdictId, cancellation).ConfigureAwait(false);
                if (judged is not null) yield return judged with { TokenScores = null, Decision = DecisionLog.Summary(histories[inForce[i].Key]) };
            }
        }
    }

    /// <summary>Decisions that a condition selects, in the order taken down; what is taken down meanwhile comes too.</summary>
    public async IAsyncEnumerable<IReadOnlyList<DecisionRecord>> PagesAsync(JsonObject condition, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (JsonNode? after = null; ;)
        {
            var body = new JsonObject
            {
                ["query"] = condition.DeepClone(),
                ["size"] = Page,
                ["track_total_hits"] = false,
                ["sort"] = new JsonArray(new JsonObject { ["record.recorded"] = "asc" }, new JsonObject { ["record.key"] = "asc" }, new JsonObject { ["record.position"] = "asc" }),
            };
            if (after is not null) body["search_after"] = after;
            var hits = (await cluster.PostAsync($"/{names.Decisions}/_search", body, cancellation).ConfigureAwait(false)).Hits().ToArray();
            if (hits.Length == 0) yield break;
            yield return [.. hits.Select(hit => DecisionLog.Record(hit.GetProperty("_source")))];
            after = JsonNode.Parse(hits[^1].GetProperty("sort").GetRawText());
        }
    }
}
