using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Detection.Contracts;

namespace Detection.Tests.Contracts;

/// <summary>
/// The public JSON is frozen in <c>docs/schemas</c>. A wanted change is approved by running these tests with <c>DETECTION_APPROVE=1</c>,
/// which writes the files anew; the review then sees the difference. Fields may be added, never renamed or removed.
/// </summary>
public sealed class SchemaTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory]
    [InlineData("message", typeof(Message))]
    [InlineData("verdict", typeof(Verdict))]
    [InlineData("judged-message", typeof(JudgedMessage))]
    [InlineData("decision", typeof(ModeratorDecision))]
    public void The_schema_of_a_contract_is_the_frozen_one(string name, Type type)
    {
        var node = ContractJson.Options.GetJsonSchemaAsNode(type, new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Describe });
        var schema = (JsonObject)node;
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", name);
        string generated = schema.ToJsonString(Indented) + "\n";
        string file = Path.Combine(Repository.Root, "docs", "schemas", name + ".schema.json");
        if (Environment.GetEnvironmentVariable("DETECTION_APPROVE") == "1") File.WriteAllText(file, generated);
        Assert.Equal(File.ReadAllText(file), generated);
    }

    /// <summary>Types whose JSON a converter decides.</summary>
    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode schema)
    {
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        bool nullable = Nullable.GetUnderlyingType(context.TypeInfo.Type) is not null;
        if (type == typeof(Channel)) return new JsonObject { ["enum"] = new JsonArray([.. ChannelNames.All.Select(channel => (JsonNode)channel.Name())]) };
        if (type == typeof(DateTimeOffset)) return new JsonObject { ["type"] = nullable ? new JsonArray("string", "null") : "string", ["format"] = "date-time" };
        if (type == typeof(TokenScoreMap)) return new JsonObject { ["type"] = new JsonArray("string", "null"), ["contentEncoding"] = "base64" };
        if (type == typeof(Author))
            return new JsonObject
            {
                ["type"] = new JsonArray("string", "object", "null"),
                ["properties"] = new JsonObject { ["id"] = Text(), ["name"] = Text(), ["address"] = Text() },
            };
        return schema;

        static JsonObject Text() => new() { ["type"] = new JsonArray("string", "null") };
    }
}
