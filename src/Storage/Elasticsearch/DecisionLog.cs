using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Detection.Contracts;

namespace Detection.Storage.Elasticsearch;

/// <summary>A decision as it was taken down: its place in the history of its message and content, and when (ticks).</summary>
internal sealed record DecisionRecord(string Key, int Position, long Recorded, bool Published, ModeratorDecision Decision);

/// <summary>
/// The history of decisions, which is the truth: one document a decision, whose id is the message and content and its place among their decisions. Who writes a place first has it;
/// the other reads again. Places are read by id, which sees every write at once.
/// </summary>
internal sealed class DecisionLog(SearchCluster cluster, IndexNames names, TimeProvider time)
{
    // Places asked for at a time; longer histories take another round.
    private const int Step = 4;

    public static string Key(string messageId, string contentSha256) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{contentSha256.Length}:{contentSha256}{messageId}"))))[..40];

    public static string Id(string key, int position) => string.Create(CultureInfo.InvariantCulture, $"{key}:{position}");

    public async Task<IReadOnlyList<DecisionRecord>> ReadAsync(string key, CancellationToken cancellation) => (await ReadAsync([key], cancellation).ConfigureAwait(false))[key];

    /// <summary>Oldest first; an empty history where nothing is decided.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<DecisionRecord>>> ReadAsync(IReadOnlyCollection<string> keys, CancellationToken cancellation)
    {
        var histories = keys.Distinct().ToDictionary(key => key, _ => new List<DecisionRecord>());
        for (var open = histories.Keys.ToArray(); open.Length > 0;)
        {
            string[] ids = [.. open.SelectMany(key => Enumerable.Range(histories[key].Count, Step).Select(position => Id(key, position)))];
            var answer = await cluster.PostAsync($"/{names.Decisions}/_mget", new JsonObject { ["ids"] = JsonSerializer.SerializeToNode(ids) }, cancellation).ConfigureAwait(false);
            var found = answer.Json.GetProperty("docs").EnumerateArray().Where(Found).Select(document => Record(document.GetProperty("_source"))).ToLookup(record => record.Key);
            foreach (string key in open) histories[key].AddRange(found[key].OrderBy(record => record.Position));
            open = [.. open.Where(key => found[key].Count() == Step)];
        }
        return histories.ToDictionary(history => history.Key, history => (IReadOnlyList<DecisionRecord>)history.Value);
    }

    /// <summary>Those of the keys about which something was decided; one cheap look-up for many.</summary>
    public async Task<IReadOnlySet<string>> DecidedAsync(IReadOnlyCollection<string> keys, CancellationToken cancellation)
    {
        string[] distinct = [.. keys.Distinct()];
        if (distinct.Length == 0) return new HashSet<string>();
        var body = new JsonObject { ["ids"] = JsonSerializer.SerializeToNode(distinct.Select(key => Id(key, 0))) };
        var answer = await cluster.PostAsync($"/{names.Decisions}/_mget?_source=false&filter_path=docs.found", body, cancellation).ConfigureAwait(false);
        return answer.Json.GetProperty("docs").EnumerateArray().Select((document, i) => (document, i)).Where(one => Found(one.document)).Select(one => distinct[one.i]).ToHashSet();
    }

    /// <summary>False: another took the place; read again.</summary>
    public async Task<bool> AppendAsync(string key, int position, ModeratorDecision decision, CancellationToken cancellation)
    {
        var document = JsonSerializer.SerializeToNode(decision, ContractJson.Sparse)!.AsObject();
        document["record"] = new JsonObject { ["key"] = key, ["position"] = position, ["recorded"] = time.GetUtcNow().UtcTicks, ["published"] = false };
        var action = new JsonObject { ["create"] = new JsonObject { ["_index"] = names.Decisions, ["_id"] = Id(key, position) } };
        var item = (await cluster.BulkAsync([(action, document)], cancellation).ConfigureAwait(false))[0];
        if (item is { Done: false, Conflict: false }) throw item.IsFull ? ServerError.Full(names.Decisions) : new StoreException(StoreFault.Unavailable, $"The decision cannot be stored in {names.Decisions}: {item.Status} {item.Type}.");
        return item.Done;
    }

    public static DecisionRecord Record(JsonElement source)
    {
        var record = source.GetProperty("record");
        return new(record.GetProperty("key").GetString()!, record.GetProperty("position").GetInt32(), record.GetProperty("recorded").GetInt64(), record.GetProperty("published").GetBoolean(),
            source.Deserialize<ModeratorDecision>(ContractJson.Options)!);
    }

    public static bool Found(JsonElement document) => document.TryGetProperty("found", out var found) && found.GetBoolean();

    public static DecisionSummary? Summary(IReadOnlyList<DecisionRecord> history) => DecisionHistory.Summary([.. history.Select(record => record.Decision)]);
}
