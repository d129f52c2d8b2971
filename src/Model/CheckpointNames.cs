namespace Detection.Model;

/// <summary>
/// What a family calls its weights in a checkpoint; <c>{0}</c> stands for the layer. Where a list has several names, the weights are
/// stacked into one matrix at loading. The prefix may be missing (GPT-2's original files have none).
/// </summary>
internal sealed record CheckpointNames
{
    public required string Prefix { get; init; }

    public required string Embedding { get; init; }

    public string? Positions { get; init; }

    public required string AttentionNorm { get; init; }

    public required IReadOnlyList<string> QueryKeyValue { get; init; }

    public required string AttentionOutput { get; init; }

    public required string FeedForwardNorm { get; init; }

    /// <summary>Gate and up, or up alone.</summary>
    public required IReadOnlyList<string> Up { get; init; }

    public required string Down { get; init; }

    public required string FinalNorm { get; init; }

    public string Head { get; init; } = "lm_head";

    /// <summary>Matrices are [in, out] (GPT-2's Conv1D) instead of [out, in].</summary>
    public bool Transposed { get; init; }

    public static CheckpointNames Of(string family) => Families[family];

    private static readonly Dictionary<string, CheckpointNames> Families = new(StringComparer.Ordinal)
    {
        ["llama"] = new()
        {
            Prefix = "model.",
            Embedding = "embed_tokens",
            AttentionNorm = "layers.{0}.input_layernorm",
            QueryKeyValue = ["layers.{0}.self_attn.q_proj", "layers.{0}.self_attn.k_proj", "layers.{0}.self_attn.v_proj"],
            AttentionOutput = "layers.{0}.self_attn.o_proj",
            FeedForwardNorm = "layers.{0}.post_attention_layernorm",
            Up = ["layers.{0}.mlp.gate_proj", "layers.{0}.mlp.up_proj"],
            Down = "layers.{0}.mlp.down_proj",
            FinalNorm = "norm",
        },
        ["gpt2"] = new()
        {
            Prefix = "transformer.",
            Embedding = "wte",
            Positions = "wpe",
            AttentionNorm = "h.{0}.ln_1",
            QueryKeyValue = ["h.{0}.attn.c_attn"],
            AttentionOutput = "h.{0}.attn.c_proj",
            FeedForwardNorm = "h.{0}.ln_2",
            Up = ["h.{0}.mlp.c_fc"],
            Down = "h.{0}.mlp.c_proj",
            FinalNorm = "ln_f",
            Transposed = true,
        },
    };
}
