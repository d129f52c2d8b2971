using System.Globalization;
using System.Text.Json.Nodes;

namespace Detection.Storage.Elasticsearch;

/// <summary>
/// The component templates (settings, mappings) and index templates, by name. A change of any of them raises <see cref="Version"/>, which stands in their <c>_meta</c> and in
/// that of every index made under them; <c>detection indices migrate</c> brings older indices to it.
/// </summary>
internal sealed class IndexTemplates(IndexNames names, ElasticsearchStoreOptions options)
{
    public const int Version = 1;

    // Names of heads and criteria become fields. They come from bundles, not from messages; the cap is for a bundle gone wrong.
    private const int MaxFields = 2000;

    /// <summary>Path below <c>/_component_template/</c> and body.</summary>
    public IReadOnlyList<(string Name, JsonObject Body)> Components =>
    [
        ($"{names.Prefix}-settings", Component(new() { ["settings"] = Settings() })),
        ($"{names.Prefix}-verdicts-mappings", Component(new() { ["settings"] = JsonNode.Parse(Analysis), ["mappings"] = Mappings(VerdictMappings) })),
        ($"{names.Prefix}-decisions-mappings", Component(new() { ["mappings"] = Mappings(DecisionMappings) })),
        ($"{names.Prefix}-models-mappings", Component(new() { ["mappings"] = Mappings(ModelMappings) })),
        ($"{names.Prefix}-erasures-mappings", Component(new() { ["mappings"] = Mappings(ErasureMappings) })),
    ];

    /// <summary>Path below <c>/_index_template/</c> and body.</summary>
    public IReadOnlyList<(string Name, JsonObject Body)> Indices =>
    [
        (names.Verdicts, Index($"{names.Verdicts}-*-v*", $"{names.Prefix}-verdicts-mappings")),
        .. names.Single.Select(alias => (alias, Index($"{alias}-v*", $"{alias}-mappings"))),
    ];

    /// <summary>What of the settings may differ between machines and can be changed while an index is in use.</summary>
    public string RefreshInterval => string.Create(CultureInfo.InvariantCulture, $"{(long)options.RefreshInterval.TotalMilliseconds}ms");

    public string Replicas => options.Replicas.ToString(CultureInfo.InvariantCulture);

    private JsonObject Index(string pattern, string mappings) => new()
    {
        ["index_patterns"] = new JsonArray(pattern),
        ["composed_of"] = new JsonArray($"{names.Prefix}-settings", mappings),
        ["priority"] = 200,
        ["version"] = Version,
        ["_meta"] = Meta(),
    };

    private static JsonObject Component(JsonObject template) => new() { ["template"] = template, ["version"] = Version, ["_meta"] = Meta() };

    private static JsonObject Meta() => new() { ["application"] = "detection", ["version"] = Version };

    private static JsonObject Mappings(string json)
    {
        var mappings = JsonNode.Parse(json)!.AsObject();
        mappings["_meta"] = Meta();
        return mappings;
    }

    private JsonObject Settings() => new()
    {
        ["index"] = new JsonObject
        {
            ["number_of_shards"] = options.Shards,
            ["number_of_replicas"] = options.Replicas,
            ["refresh_interval"] = RefreshInterval,
            ["mapping"] = new JsonObject { ["total_fields"] = new JsonObject { ["limit"] = MaxFields } },
            ["highlight"] = new JsonObject { ["max_analyzed_offset"] = int.MaxValue },
        },
    };

    // words: letters and digits are words, whatever stands between them; capitals and accents do not matter. Of a text the first 65,536 words are searched.
    private const string Analysis = """
        {"index": {"analysis": {
            "char_filter": {"separators": {"type": "mapping", "mappings": [". => \\u0020", "_ => \\u0020", ": => \\u0020", ", => \\u0020", "' => \\u0020", "\u2019 => \\u0020", "\u00b7 => \\u0020"]}},
            "filter": {"first_words": {"type": "limit", "max_token_count": 65536}},
            "analyzer": {"words": {"type": "custom", "tokenizer": "standard", "char_filter": ["separators"], "filter": ["lowercase", "asciifolding", "first_words"]}}}}}
        """;

    // The root is strict: a field that a newer program writes needs a newer template. Maps are open: a new head is no error.
    // What is not searched for stays in the document alone. derived is what the store computes to search and sort by; ticks are 100 ns since year 1, UTC.
    private const string VerdictMappings = """
        {
            "dynamic": "strict",
            "dynamic_templates": [
                {"scores": {"path_match": "scores.*", "mapping": {"type": "double"}}},
                {"manipulation": {"path_match": "manipulation.*", "mapping": {"type": "double"}}},
                {"criteria": {"path_match": "criteria.*", "mapping": {"type": "double"}}},
                {"rates": {"path_match": "falsePositiveRate.*.rate", "mapping": {"type": "double"}}},
                {"samples": {"path_match": "falsePositiveRate.*.n", "mapping": {"type": "long"}}},
                {"buckets": {"path_match": "falsePositiveRate.*.bucket", "mapping": {"type": "keyword", "ignore_above": 256}}}
            ],
            "properties": {
                "messageId": {"type": "keyword"}, "verdictId": {"type": "keyword"}, "contentSha256": {"type": "keyword"},
                "action": {"type": "keyword"}, "channel": {"type": "keyword"}, "authorship": {"type": "keyword"},
                "scores": {"type": "object", "dynamic": true}, "manipulation": {"type": "object", "dynamic": true}, "criteria": {"type": "object", "dynamic": true},
                "falsePositiveRate": {"type": "object", "dynamic": true},
                "decided": {"properties": {"mail": {"type": "keyword"}, "techniques": {"type": "keyword"}}},
                "evidence": {"dynamic": false, "properties": {"signal": {"type": "keyword", "ignore_above": 256}}},
                "campaign": {"properties": {"id": {"type": "keyword"}, "size": {"type": "integer"}, "accounts": {"type": "integer"}, "confidence": {"type": "double"}}},
                "tokens": {"type": "integer"}, "truncated": {"type": "boolean"},
                "bundle": {"properties": {"name": {"type": "keyword"}, "version": {"type": "keyword"}, "sha256": {"type": "keyword"}}},
                "config": {"type": "keyword"}, "processedAt": {"type": "date"}, "acceptedAt": {"type": "date"}, "traceId": {"type": "keyword"},
                "tokenScores": {"type": "object", "enabled": false},
                "message": {"dynamic": false, "properties": {
                    "text": {"type": "text", "analyzer": "words"}, "subject": {"type": "text", "analyzer": "words"},
                    "author": {"dynamic": false, "properties": {
                        "id": {"type": "text", "analyzer": "words"}, "name": {"type": "text", "analyzer": "words"}, "address": {"type": "text", "analyzer": "words"}}}}},
                "email": {"properties": {
                    "message_id": {"type": "keyword", "ignore_above": 2048}, "subject": {"type": "keyword", "ignore_above": 1024},
                    "from": {"properties": {"address": {"type": "keyword", "ignore_above": 1024}}}, "to": {"properties": {"address": {"type": "keyword", "ignore_above": 1024}}},
                    "reply_to": {"properties": {"address": {"type": "keyword", "ignore_above": 1024}}},
                    "origination_timestamp": {"type": "date"}, "delivery_timestamp": {"type": "date"},
                    "attachments": {"type": "nested", "properties": {"file": {"properties": {
                        "name": {"type": "keyword", "ignore_above": 1024}, "mime_type": {"type": "keyword", "ignore_above": 256}, "size": {"type": "long"}}}}}}},
                "decision": {"properties": {
                    "state": {"type": "keyword"}, "moderator": {"type": "keyword", "ignore_above": 1024}, "decidedAt": {"type": "date"}, "decisionId": {"type": "keyword", "ignore_above": 1024},
                    "labels": {"dynamic": false, "properties": {"authorship": {"type": "keyword"}, "mail": {"type": "keyword"}}}}},
                "derived": {"properties": {
                    "authors": {"type": "keyword"}, "account": {"type": "keyword"}, "rank": {"type": "byte"}, "suspicion": {"type": "double"},
                    "processed": {"type": "long"}, "hour": {"type": "long"}, "ingested": {"type": "long"}}},
                "event": {"properties": {"ingested": {"type": "date"}}}
            }
        }
        """;

    // A decision's fields at the root; record is what the store knows of it: which message and content (key), its place in their history, when it was taken down, whether it was published.
    private const string DecisionMappings = """
        {
            "dynamic": "strict",
            "properties": {
                "decisionId": {"type": "keyword", "ignore_above": 2048}, "messageId": {"type": "keyword"}, "verdictId": {"type": "keyword"}, "contentSha256": {"type": "keyword"},
                "labels": {"dynamic": false, "properties": {"authorship": {"type": "keyword"}, "mail": {"type": "keyword"}}},
                "note": {"type": "object", "enabled": false}, "moderator": {"type": "keyword", "ignore_above": 1024}, "decidedAt": {"type": "date"}, "undoes": {"type": "keyword", "ignore_above": 2048},
                "bundle": {"type": "object", "enabled": false}, "seen": {"type": "object", "enabled": false},
                "record": {"properties": {"key": {"type": "keyword"}, "position": {"type": "integer"}, "recorded": {"type": "long"}, "published": {"type": "boolean"}, "removed": {"type": "boolean"}}}
            }
        }
        """;

    private const string ModelMappings = """
        {"dynamic": "strict", "properties": {
            "bundle": {"type": "keyword"}, "alias": {"type": "keyword"}, "version": {"type": "keyword"}, "sha256": {"type": "keyword"}, "setBy": {"type": "keyword"}, "setAt": {"type": "date"}}}
        """;

    private const string ErasureMappings = """
        {"dynamic": "strict", "properties": {
            "authorSha256": {"type": "keyword"}, "by": {"type": "keyword"}, "at": {"type": "date"}, "verdicts": {"type": "long"}, "decisions": {"type": "long"}}}
        """;
}
