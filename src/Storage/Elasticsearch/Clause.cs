using System.Text.Json;
using System.Text.Json.Nodes;

namespace Detection.Storage.Elasticsearch;

/// <summary>Parts of the server's query language. Text from outside is only ever a value.</summary>
internal static class Clause
{
    public static JsonObject Term(string field, JsonNode value) => new() { ["term"] = new JsonObject { [field] = new JsonObject { ["value"] = value } } };

    public static JsonObject Terms(string field, IEnumerable<string> values) => new() { ["terms"] = new JsonObject { [field] = JsonSerializer.SerializeToNode(values) } };

    /// <param name="comparison">gte, gt, lte or lt.</param>
    public static JsonObject Range(string field, string comparison, long value) => new() { ["range"] = new JsonObject { [field] = new JsonObject { [comparison] = value } } };

    public static JsonObject Exists(string field) => new() { ["exists"] = new JsonObject { ["field"] = field } };

    /// <summary>All must hold; none given: everything.</summary>
    public static JsonObject All(params IEnumerable<JsonObject> clauses) => new() { ["bool"] = new JsonObject { ["filter"] = new JsonArray([.. clauses]) } };

    public static JsonObject Not(JsonObject clause) => new() { ["bool"] = new JsonObject { ["must_not"] = new JsonArray(clause) } };

    public static JsonObject Nothing { get => new() { ["match_none"] = new JsonObject() }; }

    public static JsonElement.ArrayEnumerator Hits(this Answer answer) => answer.Json.GetProperty("hits").GetProperty("hits").EnumerateArray();
}
