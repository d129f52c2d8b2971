using System.Text.Json;

namespace Detection.Checkpoints;

/// <summary>
/// The tokenizer.json that the <c>gpt2</c> kind (byte-level BPE) of GGUF tokenizer metadata amounts to, in the schema of Hugging
/// Face tokenizers. The <c>llama</c> kind (sentencepiece) has no such form here.
/// </summary>
internal static class GgufTokenizer
{
    private const int Control = 3, UserDefined = 4; // llama.h, enum llama_token_type
    private const string Tokens = "tokenizer.ggml.tokens";

    // What Llama 3's own tokenizer.json holds: contractions, words, up to three digits, punctuation, line breaks, spaces.
    private const string Llama3Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>Null where the file holds no tokenizer of that kind.</summary>
    public static JsonElement? Build(GgufFile file)
    {
        if (GgufConfig.Text(file, "tokenizer.ggml.model") != "gpt2") return null;
        string kind = GgufConfig.Text(file, "tokenizer.ggml.pre") ?? "gpt-2";
        if (kind == "default") kind = "gpt-2";
        if (kind is not ("gpt-2" or "smollm" or "llama-bpe")) throw file.Refuse("tokenizer.ggml.pre", $"{kind} is not supported (gpt-2, smollm, llama-bpe are)");
        List<string> tokens = Vocabulary(file);
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream)) Write(json, file, kind, tokens);
        return JsonFile.Parse(stream.GetBuffer().AsMemory(0, (int)stream.Length), file.Path, Tokens);
    }

    private static List<string> Vocabulary(GgufFile file)
    {
        List<string> tokens = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string token in file.Strings(Tokens))
            if (seen.Add(token)) tokens.Add(token);
            else throw file.Refuse($"{Tokens}[{tokens.Count}]", "occurs twice");
        if (tokens.Count == 0) throw file.Refuse(Tokens, "missing or empty");
        return tokens;
    }

    private static void Write(Utf8JsonWriter json, GgufFile file, string kind, List<string> tokens)
    {
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        WriteAddedTokens(json, file, tokens);
        json.WriteNull("normalizer");
        json.WritePropertyName("pre_tokenizer");
        WritePreTokenizer(json, kind);
        json.WritePropertyName("post_processor");
        WritePostProcessor(json, file, kind, tokens);
        json.WritePropertyName("decoder");
        WriteByteLevel(json, prefixSpace: true, regex: true);
        WriteModel(json, file, kind, tokens);
        json.WriteEndObject();
    }

    private static void WriteAddedTokens(Utf8JsonWriter json, GgufFile file, List<string> tokens)
    {
        int[] types = file.Integers("tokenizer.ggml.token_type");
        if (types.Length != 0 && types.Length != tokens.Count) throw file.Refuse("tokenizer.ggml.token_type", $"{types.Length} types for {tokens.Count} tokens");
        json.WriteStartArray("added_tokens");
        for (int id = 0; id < types.Length; id++)
        {
            if (types[id] is not (Control or UserDefined)) continue;
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", tokens[id]);
            foreach (string flag in new[] { "single_word", "lstrip", "rstrip", "normalized" }) json.WriteBoolean(flag, false);
            json.WriteBoolean("special", types[id] == Control);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WritePreTokenizer(Utf8JsonWriter json, string kind)
    {
        if (kind == "gpt-2")
        {
            WriteByteLevel(json, prefixSpace: false, regex: true);
            return;
        }
        json.WriteStartObject();
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        if (kind == "smollm")
        {
            json.WriteString("type", "Digits");
            json.WriteBoolean("individual_digits", true);
        }
        else
        {
            json.WriteString("type", "Split");
            json.WriteStartObject("pattern");
            json.WriteString("Regex", Llama3Pattern);
            json.WriteEndObject();
            json.WriteString("behavior", "Isolated");
            json.WriteBoolean("invert", false);
        }
        json.WriteEndObject();
        WriteByteLevel(json, prefixSpace: false, regex: kind == "smollm");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter json, bool prefixSpace, bool regex)
    {
        json.WriteStartObject();
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", prefixSpace);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", regex);
        json.WriteEndObject();
    }

    // A BOS in front where the file says so; llama.cpp takes it as said for llama-bpe.
    private static void WritePostProcessor(Utf8JsonWriter json, GgufFile file, string kind, List<string> tokens)
    {
        bool add = file.Metadata.TryGetValue("tokenizer.ggml.add_bos_token", out GgufValue? value)
            ? value is GgufScalar { Value: bool stated } ? stated : throw file.Refuse("tokenizer.ggml.add_bos_token", "neither true nor false")
            : kind == "llama-bpe";
        if (!add)
        {
            json.WriteNullValue();
            return;
        }
        int bos = GgufConfig.Needed(file, "tokenizer.ggml.bos_token_id");
        if (bos >= tokens.Count) throw file.Refuse("tokenizer.ggml.bos_token_id", $"{bos} is outside the vocabulary of {tokens.Count}");
        JsonSerializer.Serialize(json, new
        {
            type = "TemplateProcessing",
            single = new object[] { new { SpecialToken = new { id = tokens[bos], type_id = 0 } }, new { Sequence = new { id = "A", type_id = 0 } } },
            pair = new object[]
            {
                new { SpecialToken = new { id = tokens[bos], type_id = 0 } }, new { Sequence = new { id = "A", type_id = 0 } },
                new { SpecialToken = new { id = tokens[bos], type_id = 1 } }, new { Sequence = new { id = "B", type_id = 1 } },
            },
            special_tokens = new Dictionary<string, object> { [tokens[bos]] = new { id = tokens[bos], ids = new[] { bos }, tokens = new[] { tokens[bos] } } },
        });
    }

    private static void WriteModel(Utf8JsonWriter json, GgufFile file, string kind, List<string> tokens)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteNull("unk_token");
        json.WriteString("continuing_subword_prefix", "");
        json.WriteString("end_of_word_suffix", "");
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", kind == "llama-bpe");
        json.WriteStartObject("vocab");
        for (int id = 0; id < tokens.Count; id++) json.WriteNumber(tokens[id], id);
        json.WriteEndObject();
        json.WriteStartArray("merges");
        int index = 0;
        foreach (string merge in file.Strings("tokenizer.ggml.merges"))
        {
            int space = merge.IndexOf(' ', Math.Min(1, merge.Length));
            if (space < 0 || space == merge.Length - 1) throw file.Refuse($"tokenizer.ggml.merges[{index}]", "not two parts");
            json.WriteStartArray();
            json.WriteStringValue(merge[..space]);
            json.WriteStringValue(merge[(space + 1)..]);
            json.WriteEndArray();
            index++;
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
