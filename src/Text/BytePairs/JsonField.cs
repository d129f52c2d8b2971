using System.Text.Json;

namespace Detection.Text.BytePairs;

/// <summary>A value of tokenizer.json with its path in it, so that every refusal names the field.</summary>
internal readonly record struct JsonField(JsonElement Value, string Path)
{
    public bool IsAbsent => Value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    public JsonField this[string name]
    {
        get
        {
            JsonElement found = default;
            if (!IsAbsent && Value.ValueKind != JsonValueKind.Object) throw Broken("not an object");
            if (!IsAbsent) Value.TryGetProperty(name, out found);
            return new JsonField(found, Path.Length == 0 ? name : $"{Path}.{name}");
        }
    }

    public string Text() => Value.ValueKind == JsonValueKind.String ? Value.GetString()! : throw Broken("not a string");

    public int Whole() => Value.ValueKind == JsonValueKind.Number && Value.TryGetInt32(out int number) ? number : throw Broken("not a whole number");

    public bool Flag(bool otherwise = false) => Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => IsAbsent ? otherwise : throw Broken("neither true nor false"),
    };

    /// <summary>The items of an array; an absent one has none.</summary>
    public IEnumerable<JsonField> Items()
    {
        if (IsAbsent) yield break;
        if (Value.ValueKind != JsonValueKind.Array) throw Broken("not a list");
        int index = 0;
        foreach (JsonElement item in Value.EnumerateArray()) yield return new JsonField(item, $"{Path}[{index++}]");
    }

    public IEnumerable<(string Name, JsonField Field)> Properties()
    {
        if (Value.ValueKind != JsonValueKind.Object) throw Broken("not an object");
        foreach (JsonProperty property in Value.EnumerateObject()) yield return (property.Name, new JsonField(property.Value, $"{Path}.{property.Name}"));
    }

    public InvalidDataException Broken(string why) => new($"tokenizer.json: {Path}: {why}.");

    public NotSupportedException Unsupported(string what) => new($"tokenizer.json: {Path}: {what} is not supported.");
}
