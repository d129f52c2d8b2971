using System.Text.Json;
using System.Text.Json.Nodes;

namespace Detection.Checkpoints;

/// <summary>The config.json that a GGUF file's metadata amounts to.</summary>
internal static class GgufConfig
{
    public const string RopeFactors = "rope_freqs.weight";

    public static JsonElement Build(GgufFile file, string architecture)
    {
        JsonObject config = architecture switch
        {
            "llama" => Llama(file),
            "gpt2" => Gpt2(file),
            _ => new JsonObject { ["model_type"] = architecture },
        };
        foreach ((string key, string name) in new[] { ("bos", "bos_token_id"), ("eos", "eos_token_id"), ("padding", "pad_token_id") })
            if (Whole(file, $"tokenizer.ggml.{key}_token_id") is { } id) config[name] = id;
        config["vocab_size"] = Tensor(file, "token_embd.weight")?.Tensor.Shape[0] ?? throw file.Refuse("token_embd.weight", "missing");
        config["tie_word_embeddings"] = Tensor(file, "output.weight") is null;
        config["dtype"] = "float32";
        return JsonSerializer.SerializeToElement(config);
    }

    /// <summary>A whole number of the metadata in 0..2³¹, null where it is absent.</summary>
    public static int? Whole(GgufFile file, string key)
    {
        if (!file.Metadata.TryGetValue(key, out GgufValue? value)) return null;
        return value is GgufScalar { Value: long number } && number is >= 0 and <= int.MaxValue
            ? (int)number
            : throw file.Refuse(key, "not a whole number in 0..2147483647");
    }

    public static string? Text(GgufFile file, string key)
    {
        if (!file.Metadata.TryGetValue(key, out GgufValue? value)) return null;
        return value is GgufScalar { Value: string text } ? text : throw file.Refuse(key, "not a string");
    }

    public static int Needed(GgufFile file, string key) => Whole(file, key) ?? throw file.Refuse(key, "missing");

    private static float? Real(GgufFile file, string key)
    {
        if (!file.Metadata.TryGetValue(key, out GgufValue? value)) return null;
        return value is GgufScalar { Value: float number } && float.IsFinite(number) ? number : throw file.Refuse(key, "not a finite float32");
    }

    private static StoredTensor? Tensor(GgufFile file, string name) => file.Tensors.Find(stored => stored.Tensor.Name == name);

    private static JsonObject Llama(GgufFile file)
    {
        int heads = Needed(file, "llama.attention.head_count");
        JsonObject config = new()
        {
            ["model_type"] = (Whole(file, "llama.expert_count") ?? 0) > 0 ? "mixtral" : "llama",
            ["hidden_size"] = Needed(file, "llama.embedding_length"),
            ["intermediate_size"] = Needed(file, "llama.feed_forward_length"),
            ["num_hidden_layers"] = Needed(file, "llama.block_count"),
            ["num_attention_heads"] = heads,
            ["num_key_value_heads"] = Whole(file, "llama.attention.head_count_kv") ?? heads,
            ["max_position_embeddings"] = Needed(file, "llama.context_length"),
            ["rms_norm_eps"] = Real(file, "llama.attention.layer_norm_rms_epsilon") ?? throw file.Refuse("llama.attention.layer_norm_rms_epsilon", "missing"),
            ["rope_theta"] = Real(file, "llama.rope.freq_base") ?? 10_000f,
            ["hidden_act"] = "silu",
            ["attention_bias"] = Tensor(file, "blk.0.attn_q.bias") is not null,
            ["mlp_bias"] = Tensor(file, "blk.0.ffn_up.bias") is not null,
        };
        if (Whole(file, "llama.attention.key_length") is { } size) config["head_dim"] = size;
        if (RopeScaling(file) is { } scaling) config["rope_scaling"] = scaling;
        return config;
    }

    // Llama 3 files carry the divisors of the frequencies as a tensor; the rope type "factors" stands for that list.
    private static JsonObject? RopeScaling(GgufFile file)
    {
        if (Tensor(file, RopeFactors) is { } stored)
        {
            if (stored.Tensor.Count > 4_096) throw file.Refuse(RopeFactors, "more than 4096 values");
            float[] factors = new float[stored.Tensor.Count];
            stored.Read(factors);
            if (!factors.All(factor => float.IsFinite(factor) && factor > 0)) throw file.Refuse(RopeFactors, "not finite and positive");
            return new JsonObject { ["rope_type"] = "factors", ["factors"] = new JsonArray([.. factors.Select(factor => (JsonNode)factor)]) };
        }
        string type = Text(file, "llama.rope.scaling.type") ?? "none";
        if (type == "none") return null;
        JsonObject scaling = new() { ["rope_type"] = type, ["factor"] = Real(file, "llama.rope.scaling.factor") ?? throw file.Refuse("llama.rope.scaling.factor", "missing") };
        if (Whole(file, "llama.rope.scaling.original_context_length") is { } original) scaling["original_max_position_embeddings"] = original;
        return scaling;
    }

    private static JsonObject Gpt2(GgufFile file) => new()
    {
        ["model_type"] = "gpt2",
        ["n_embd"] = Needed(file, "gpt2.embedding_length"),
        ["n_layer"] = Needed(file, "gpt2.block_count"),
        ["n_head"] = Needed(file, "gpt2.attention.head_count"),
        ["n_inner"] = Needed(file, "gpt2.feed_forward_length"),
        ["n_positions"] = Needed(file, "gpt2.context_length"),
        ["layer_norm_epsilon"] = Real(file, "gpt2.attention.layer_norm_epsilon") ?? throw file.Refuse("gpt2.attention.layer_norm_epsilon", "missing"),
        ["activation_function"] = "gelu_new",
    };
}
