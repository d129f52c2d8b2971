using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Detection.Learning.Pretraining;

/// <summary>Reads and writes a <see cref="BpeVocabulary"/> as Hugging Face's <c>tokenizer.json</c>.</summary>
internal static class TokenizerFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 1, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(string path, BpeVocabulary vocabulary)
    {
        var ids = new JsonObject();
        foreach (var (token, id) in vocabulary.Ids.OrderBy(one => one.Value)) ids[token] = id;
        var tokenizer = new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray(new JsonObject
            {
                ["id"] = 0,
                ["content"] = BpeVocabulary.EndOfText,
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = true,
            }),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(new JsonObject { ["type"] = "Digits", ["individual_digits"] = true }, ByteLevelStep()),
            },
            ["post_processor"] = ByteLevelStep(),
            ["decoder"] = ByteLevelStep(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = false,
                ["vocab"] = ids,
                ["merges"] = new JsonArray([.. vocabulary.Merges.Select(merge => (JsonNode)$"{merge.Left} {merge.Right}")]),
            },
        };
        File.WriteAllText(path, tokenizer.ToJsonString(Indented));
    }

    public static BpeVocabulary Read(string path)
    {
        using var tokenizer = JsonDocument.Parse(File.ReadAllBytes(path));
        return Read(tokenizer.RootElement);
    }

    /// <summary>Merges stand there as two parts, or as one text with a space between them.</summary>
    public static BpeVocabulary Read(JsonElement tokenizer)
    {
        var model = tokenizer.GetProperty("model");
        var ids = model.GetProperty("vocab").EnumerateObject().ToDictionary(one => one.Name, one => one.Value.GetInt32(), StringComparer.Ordinal);
        var merges = model.GetProperty("merges").EnumerateArray()
            .Select(merge => merge.ValueKind == JsonValueKind.String ? merge.GetString()!.Split(' ') : [.. merge.EnumerateArray().Select(part => part.GetString()!)]).Select(pair => (pair[0], pair[1]));
        return new BpeVocabulary(ids, [.. merges]);
    }

    private static JsonObject ByteLevelStep() => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true };
}
