using System.Text.Json;
using System.Text.Json.Nodes;

namespace Detection.Storage.Elasticsearch;

/// <summary>
/// Counts over what a query selects. While a month moves to a new index (minutes, only during <c>detection indices migrate</c>), documents copied already count twice.
/// </summary>
internal sealed class VerdictAggregates(SearchCluster cluster, IndexNames names)
{
    // A month; a chart with more columns is read by nobody, and the answer stays bounded.
    private const int MaxHours = 31 * 24;
    private const int MaxTechniques = 200, MaxNames = 20, All = 20;

    public async Task<VerdictCounts> CountAsync(VerdictQuery query, CancellationToken cancellation)
    {
        var hour = Terms("derived.hour", MaxHours);
        hour["terms"]!["order"] = new JsonObject { ["_key"] = "desc" };
        hour["aggs"] = new JsonObject { ["action"] = Terms("action", All) };
        var body = new JsonObject
        {
            ["query"] = new VerdictFilter(query).Query,
            ["size"] = 0,
            ["track_total_hits"] = true,
            ["aggs"] = new JsonObject
            {
                ["action"] = Terms("action", All),
                ["channel"] = Terms("channel", All),
                ["technique"] = Terms("decided.techniques", MaxTechniques),
                ["campaign"] = Terms("campaign.id", MaxNames),
                ["account"] = Terms("derived.account", MaxNames),
                ["hour"] = hour,
            },
        };
        var answer = (await cluster.PostAsync($"/{names.Verdicts}/_search?ignore_unavailable=true", body, cancellation).ConfigureAwait(false)).Json;
        if (!answer.TryGetProperty("aggregations", out var found)) return new VerdictCounts(0, Nothing, Nothing, Nothing, []);
        return new VerdictCounts(answer.GetProperty("hits").GetProperty("total").GetProperty("value").GetInt64(), Counts(found, "action"), Counts(found, "channel"), Counts(found, "technique"),
            [.. Buckets(found, "hour").Select(Hour).Reverse()])
        { ByCampaign = Counts(found, "campaign"), ByAccount = Counts(found, "account") };
    }

    private static Dictionary<string, long> Nothing => [];

    private static JsonObject Terms(string field, int size) => new() { ["terms"] = new JsonObject { ["field"] = field, ["size"] = size } };

    private static HourCount Hour(JsonElement bucket)
    {
        var byAction = Counts(bucket, "action");
        return new HourCount(new DateTimeOffset(bucket.GetProperty("key").GetInt64() * TimeSpan.TicksPerHour, TimeSpan.Zero),
            byAction.GetValueOrDefault("allow"), byAction.GetValueOrDefault("review"), byAction.GetValueOrDefault("hold"));
    }

    private static Dictionary<string, long> Counts(JsonElement aggregations, string name) => Buckets(aggregations, name).ToDictionary(bucket => bucket.GetProperty("key").GetString()!, bucket => bucket.GetProperty("doc_count").GetInt64());

    private static JsonElement.ArrayEnumerator Buckets(JsonElement aggregations, string name) => aggregations.GetProperty(name).GetProperty("buckets").EnumerateArray();
}
