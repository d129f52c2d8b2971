using System.Text.Json;
using System.Text.Json.Nodes;
using Detection.Contracts;

namespace Detection.Storage.Elasticsearch;

/// <summary>Single verdicts by their id.</summary>
internal sealed class VerdictReader(SearchCluster cluster, IndexNames names, TimeProvider time)
{
    /// <summary>Recent months are read by id, which sees a write at once; older ones by a search.</summary>
    public async Task<JudgedMessage?> FindAsync(string verdictId, CancellationToken cancellation)
    {
        if (verdictId.Length is 0 or > 512) return null;
        var now = time.GetUtcNow();
        var documents = names.OpenMonths(now).Select(alias => (JsonNode)new JsonObject { ["_index"] = alias, ["_id"] = verdictId });
        var answer = await cluster.PostAsync("/_mget", new JsonObject { ["docs"] = new JsonArray([.. documents]) }, cancellation).ConfigureAwait(false);
        var found = answer.Json.GetProperty("docs").EnumerateArray().Where(DecisionLog.Found).Select(Judged).FirstOrDefault();
        if (found is not null) return found;
        var body = new JsonObject { ["query"] = new JsonObject { ["ids"] = new JsonObject { ["values"] = new JsonArray(verdictId) } }, ["size"] = 1 };
        return (await cluster.PostAsync($"/{names.Verdicts}/_search?ignore_unavailable=true", body, cancellation).ConfigureAwait(false)).Hits().Select(Judged).FirstOrDefault();
    }

    /// <summary>Of the verdicts on a message and content the one judged last, without token scores; null: none can be searched for.</summary>
    public async Task<IReadOnlyList<JudgedMessage?>> NewestAsync(IReadOnlyList<(string MessageId, string ContentSha256)> keys, CancellationToken cancellation)
    {
        if (keys.Count == 0) return [];
        using var lines = new MemoryStream();
        foreach (var (messageId, content) in keys)
        {
            JsonSerializer.Serialize(lines, new { index = names.Verdicts, ignore_unavailable = true });
            lines.WriteByte((byte)'\n');
            JsonSerializer.Serialize(lines, new JsonObject
            {
                ["query"] = Clause.All(Clause.Term("messageId", messageId), Clause.Term("contentSha256", content)), ["size"] = 1,
                ["sort"] = new JsonArray(new JsonObject { ["derived.processed"] = "desc" }, new JsonObject { ["verdictId"] = "desc" }), ["_source"] = new JsonObject { ["excludes"] = new JsonArray("tokenScores") },
            });
            lines.WriteByte((byte)'\n');
        }
        var answer = await cluster.SendAsync(Elastic.Transport.HttpMethod.POST, "/_msearch", lines.ToArray(), cancellation, lines: true).ConfigureAwait(false);
        return [.. answer.Json.GetProperty("responses").EnumerateArray().Select(one => one.GetProperty("hits").GetProperty("hits").EnumerateArray().Select(Judged).FirstOrDefault())];
    }

    public static JudgedMessage Judged(JsonElement document) => document.GetProperty("_source").Deserialize<JudgedMessage>(ContractJson.Options)!;
}
