using System.Text.Json;

namespace Detection.Checkpoints;

/// <summary>Reads the JSON of model files: bounded size and depth, an object at the root, no name twice.</summary>
internal static class JsonFile
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    public static JsonElement Read(string path, long limit)
    {
        long length = new FileInfo(path).Length;
        if (length > limit) throw new CheckpointException(path, "length", $"{length} bytes, more than the limit of {limit}");
        return Parse(File.ReadAllBytes(path), path, "JSON");
    }

    public static JsonElement Parse(ReadOnlyMemory<byte> json, string file, string field)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new CheckpointException(file, field, "not an object");
            return document.RootElement.Clone();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: half a surrogate pair in a name
        {
            throw new CheckpointException(file, field, e.Message, e);
        }
    }

    /// <summary>A string of the file, refused where its escapes are no text (half a surrogate pair).</summary>
    public static string Text(JsonElement value, string file, string field)
    {
        if (value.ValueKind != JsonValueKind.String) throw new CheckpointException(file, field, "not a string");
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new CheckpointException(file, field, "not valid text", e);
        }
    }

    public static string Name(JsonProperty property, string file, string field)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException e)
        {
            throw new CheckpointException(file, field, "a name is not valid text", e);
        }
    }
}
