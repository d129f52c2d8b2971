using System.Text.Json;
using System.Text.Json.Nodes;
using Detection.Checkpoints;

namespace Detection.Learning.Pretraining;

/// <summary>The size of a Llama-shaped model with tied embeddings (Touvron et al. 2023, arXiv 2302.13971).</summary>
public sealed record LlamaShape
{
    public int Vocabulary { get; init; } = 8192;
    public int Width { get; init; } = 320;
    public int Layers { get; init; } = 8;
    public int Heads { get; init; } = 5;
    public int KeyValueHeads { get; init; } = 1;
    public int FeedForward { get; init; } = 832;
    public int Context { get; init; } = 1024;
    public double RopeBase { get; init; } = 10_000;
    public double NormEpsilon { get; init; } = 1e-5;

    public int HeadWidth => Width / Heads;

    public long Parameters => (long)Vocabulary * Width + Width + Layers * (2L * Width * Width + 2L * Width * KeyValueHeads * HeadWidth + 3L * Width * FeedForward + 2L * Width);

    /// <exception cref="CheckpointException">The model is no llama with tied embeddings and plain rotary positions.</exception>
    public static LlamaShape Of(Checkpoint model)
    {
        if (model.Family != "llama") throw new CheckpointException(model.Path, "model_type", $"{model.Family}; llama is needed");
        var config = model.Config;
        if (model.Tensors.ContainsKey("lm_head.weight") && !(config.TryGetProperty("tie_word_embeddings", out var tied) && tied.GetBoolean())) throw new CheckpointException(model.Path, "tie_word_embeddings", "embeddings that are not tied cannot be trained here");
        if (config.TryGetProperty("rope_scaling", out var scaling) && scaling.ValueKind != JsonValueKind.Null) throw new CheckpointException(model.Path, "rope_scaling", "not supported in training");
        int Number(string name) => config.TryGetProperty(name, out var value) ? value.GetInt32() : throw new CheckpointException(model.Path, name, "missing from config.json");
        double Real(string name, double standard) => config.TryGetProperty(name, out var value) ? value.GetDouble() : standard;
        return new LlamaShape
        {
            Vocabulary = Number("vocab_size"),
            Width = Number("hidden_size"),
            Layers = Number("num_hidden_layers"),
            Heads = Number("num_attention_heads"),
            KeyValueHeads = Number("num_key_value_heads"),
            FeedForward = Number("intermediate_size"),
            Context = Number("max_position_embeddings"),
            RopeBase = Real("rope_theta", 10_000),
            NormEpsilon = Real("rms_norm_eps", 1e-6),
        };
    }

    /// <summary>Names and shapes as Hugging Face's Llama checkpoints have them.</summary>
    public IEnumerable<(string Name, long[] Shape)> Tensors()
    {
        yield return ("model.embed_tokens.weight", [Vocabulary, Width]);
        for (int layer = 0; layer < Layers; layer++)
        {
            string at = $"model.layers.{layer}.";
            yield return (at + "input_layernorm.weight", [Width]);
            yield return (at + "self_attn.q_proj.weight", [Heads * HeadWidth, Width]);
            yield return (at + "self_attn.k_proj.weight", [KeyValueHeads * HeadWidth, Width]);
            yield return (at + "self_attn.v_proj.weight", [KeyValueHeads * HeadWidth, Width]);
            yield return (at + "self_attn.o_proj.weight", [Width, Heads * HeadWidth]);
            yield return (at + "post_attention_layernorm.weight", [Width]);
            yield return (at + "mlp.gate_proj.weight", [FeedForward, Width]);
            yield return (at + "mlp.up_proj.weight", [FeedForward, Width]);
            yield return (at + "mlp.down_proj.weight", [Width, FeedForward]);
        }
        yield return ("model.norm.weight", [Width]);
    }

    /// <summary>The <c>config.json</c> of a Hugging Face folder.</summary>
    public JsonObject Config() => new()
    {
        ["architectures"] = new JsonArray("LlamaForCausalLM"),
        ["model_type"] = "llama",
        ["vocab_size"] = Vocabulary,
        ["hidden_size"] = Width,
        ["intermediate_size"] = FeedForward,
        ["num_hidden_layers"] = Layers,
        ["num_attention_heads"] = Heads,
        ["num_key_value_heads"] = KeyValueHeads,
        ["head_dim"] = HeadWidth,
        ["hidden_act"] = "silu",
        ["max_position_embeddings"] = Context,
        ["rms_norm_eps"] = NormEpsilon,
        ["rope_theta"] = RopeBase,
        ["tie_word_embeddings"] = true,
        ["attention_bias"] = false,
        ["mlp_bias"] = false,
        ["bos_token_id"] = 0,
        ["eos_token_id"] = 0,
        ["torch_dtype"] = "bfloat16",
    };
}
