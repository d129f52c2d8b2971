using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Detection.Text.BytePairs;
using Microsoft.ML.Tokenizers;
using Tokenizer = Detection.Text.Tokenizer;

namespace Detection.Tests.Text;

/// <summary>A byte-level tokenizer with the 256 letters, a handful of merges and one special token.</summary>
internal static class TinyTokenizer
{
    private static readonly (string Left, string Right)[] Merges = [("t", "h"), ("h", "e"), ("th", "e"), ("Ġ", "the"), ("e", "n"), ("n", "n"), ("the", "n"), ("nn", "nn")];

    public static Tokenizer Build(bool digits = false, bool template = false) => new(JsonElement.Parse(Json(digits, template)));

    /// <summary>The same vocabulary and merges in Microsoft.ML.Tokenizers.</summary>
    public static BpeTokenizer BuildOther() => BpeTokenizer.Create(new BpeOptions(Vocabulary())
    {
        Merges = Merges.Select(merge => $"{merge.Left} {merge.Right}"),
        ByteLevel = true,
        PreTokenizer = new RegexPreTokenizer(new Regex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"), null),
    });

    public static string Spelling(Tokenizer tokenizer, int id) =>
        Vocabulary().Select(pair => pair.Key).FirstOrDefault(token => tokenizer.IdOf(token) == id, "<|end|>");

    /// <summary>The tokens of one word of letters, by the definition.</summary>
    public static List<string> Merge(string word)
    {
        List<string> parts = [.. word.Select(letter => letter.ToString())];
        foreach (int _ in word)
        {
            (int Rank, int At) best = (int.MaxValue, 0);
            for (int i = 0; i + 1 < parts.Count; i++)
                if (Array.IndexOf(Merges, (parts[i], parts[i + 1])) is >= 0 and int rank && rank < best.Rank) best = (rank, i);
            if (best.Rank == int.MaxValue) break;
            parts[best.At] += parts[best.At + 1];
            parts.RemoveAt(best.At + 1);
        }
        return parts;
    }

    public static string Json(bool digits, bool template)
    {
        JsonObject vocabulary = [];
        foreach ((string token, int id) in Vocabulary()) vocabulary[token] = id;
        int end = vocabulary.Count;
        JsonObject byteLevel = new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = true };
        JsonObject special = new()
        {
            ["type"] = "TemplateProcessing",
            ["single"] = JsonNode.Parse("""[{"SpecialToken":{"id":"<|end|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}]"""),
            ["special_tokens"] = new JsonObject { ["<|end|>"] = new JsonObject { ["id"] = "<|end|>", ["ids"] = new JsonArray(end) } },
        };
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(new JsonObject { ["id"] = end, ["content"] = "<|end|>", ["normalized"] = false, ["special"] = true }),
            ["pre_tokenizer"] = digits
                ? new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray(new JsonObject { ["type"] = "Digits", ["individual_digits"] = true }, byteLevel) }
                : byteLevel,
            ["post_processor"] = template ? special : null,
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. Merges.Select(merge => new JsonArray(merge.Left, merge.Right))]),
            },
        }.ToJsonString();
    }

    private static IEnumerable<KeyValuePair<string, int>> Vocabulary() => Enumerable.Range(0, 256).Select(value => ByteAlphabet.Letter((byte)value).ToString())
        .Concat(Merges.Select(merge => merge.Left + merge.Right)).Select((token, id) => KeyValuePair.Create(token, id));
}
