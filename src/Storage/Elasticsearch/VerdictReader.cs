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
        var months = names.OpenMonths(time.GetUtcNow());
        if (await GetAsync(months, verdictId, cancellation).ConfigureAwait(false) is { } found) return found;
        if (await GetAsync(await LeftBehindAsync(months, cancellation).ConfigureAwait(false), verdictId, cancellation).ConfigureAwait(false) is { } left) return left;
        var body = new JsonObject { ["query"] = new JsonObject { ["ids"] = new JsonObject { ["values"] = new JsonArray(verdictId) } }, ["size"] = 1 };
        return (await cluster.PostAsync($"/{names.Verdicts}/_search?ignore_unavailable=true", body, cancellation).ConfigureAwait(false)).Hits().Select(Judged).FirstOrDefault();
    }

    private async Task<JudgedMessage?> GetAsync(IReadOnlyList<string> indices, string verdictId, CancellationToken cancellation)
    {
        if (indices.Count == 0) return null;
        var documents = indices.Select(index => (JsonNode)new JsonObject { ["_index"] = index, ["_id"] = verdictId });
        var answer = await cluster.PostAsync("/_mget", new JsonObject { ["docs"] = new JsonArray([.. documents]) }, cancellation).ConfigureAwait(false);
        return answer.Json.GetProperty("docs").EnumerateArray().Where(DecisionLog.Found).Select(Judged).FirstOrDefault();
    }

    /// <summary>Indices of these months that a migration has not finished with: their documents are not behind the write alias yet.</summary>
    private async Task<IReadOnlyList<string>> LeftBehindAsync(IReadOnlyList<string> months, CancellationToken cancellation)
    {
        var answer = await cluster.GetAsync($"/_alias/{names.Verdicts}", cancellation, 404).ConfigureAwait(false);
        return answer.Status == 404 ? [] : [.. answer.Json.EnumerateObject().Select(index => (index.Name, Month: IndexNames.Split(index.Name)?.Alias))
            .Where(index => index.Month is not null && months.Contains(index.Month)).GroupBy(index => index.Month).Where(family => family.Count() > 1).SelectMany(family => family.Select(index => index.Name))];
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
                ["query"] = Clause.All(Clause.Term("messageId", messageId), Clause.Term("contentSha256", content)),
                ["size"] = 1,
                ["sort"] = new JsonArray(new JsonObject { ["derived.processed"] = "desc" }, new JsonObject { ["verdictId"] = "desc" }),
                ["_source"] = new JsonObject { ["excludes"] = new JsonArray("tokenScores") },
            });
            lines.WriteByte((byte)'\n');
        }
        var answer = await cluster.SendAsync(Elastic.Transport.HttpMethod.POST, "/_msearch", lines.ToArray(), cancellation, lines: true).ConfigureAwait(false);
        return [.. answer.Json.GetProperty("responses").EnumerateArray().Select(one => one.GetProperty("hits").GetProperty("hits").EnumerateArray().Select(Judged).FirstOrDefault())];
    }

    public static JudgedMessage Judged(JsonElement document) => document.GetProperty("_source").Deserialize<JudgedMessage>(ContractJson.Options)!;
}
