using Detection.Checkpoints;

namespace Detection.Model;

internal enum NormKind
{
    /// <summary>x / sqrt(mean(x²) + ε) · w</summary>
    RootMeanSquare,

    /// <summary>(x − mean) / sqrt(variance + ε) · w + b</summary>
    Layer,
}

internal enum Activation
{
    Silu,
    Gelu,

    /// <summary>GELU by its tanh approximation (<c>gelu_new</c>).</summary>
    GeluTanh,
}

/// <summary>Rotary positions: base, and the divisors that a scaling rule puts on the frequencies (null: all one).</summary>
internal sealed record Rotary(float Theta, IReadOnlyList<float>? Divisors);

/// <summary>
/// What a decoder-only transformer is made of, read from config.json: named parts, so that a family is a set of choices and not a
/// class. Sizes are checked here; the loader checks every weight against them.
/// </summary>
internal sealed record Architecture
{
    public required string Family { get; init; }

    public required int Layers { get; init; }

    /// <summary>Size of the hidden state, W.</summary>
    public required int Width { get; init; }

    public required int Vocabulary { get; init; }

    /// <summary>Longest sequence in tokens.</summary>
    public required int Context { get; init; }

    public required int Heads { get; init; }

    /// <summary>Each key/value head serves Heads / KeyValueHeads query heads.</summary>
    public required int KeyValueHeads { get; init; }

    public required int HeadSize { get; init; }

    /// <summary>Size of the feed-forward layer, I.</summary>
    public required int Inner { get; init; }

    public required NormKind Norm { get; init; }

    public required float NormEpsilon { get; init; }

    public required Activation Activation { get; init; }

    /// <summary>down(activation(gate(x)) · up(x)) in place of down(activation(up(x))).</summary>
    public required bool Gated { get; init; }

    public required bool AttentionBias { get; init; }

    public required bool FeedForwardBias { get; init; }

    /// <summary>Null where positions are a learned table.</summary>
    public required Rotary? Rotary { get; init; }

    /// <summary>The head's weight is the embedding.</summary>
    public required bool TiedHead { get; init; }

    /// <summary>Scores are q·k times this, divided by layer + 1 where <see cref="ScaleByLayer"/>.</summary>
    public required float AttentionScale { get; init; }

    public bool ScaleByLayer { get; init; }

    public float ScaleOf(int layer) => ScaleByLayer ? AttentionScale / (layer + 1) : AttentionScale;

    /// <exception cref="CheckpointException">The family is not supported, or a field of its config is missing or out of range.</exception>
    public static Architecture Read(Checkpoint checkpoint)
    {
        ConfigFields config = new(checkpoint.Config, checkpoint.Path);
        Architecture read = checkpoint.Family switch
        {
            "llama" => LlamaFamily(config),
            "gpt2" => Gpt2Family(config),
            _ => throw new CheckpointException(checkpoint.Path, "model_type", $"the family {checkpoint.Family} is not supported (llama and gpt2 are)"),
        };
        config.Check("num_key_value_heads", read.Heads % read.KeyValueHeads == 0, "does not divide the number of heads");
        config.Check("head_dim", read.Rotary is null || read.HeadSize % 2 == 0, "odd, but rotary positions turn pairs");
        return read;
    }

    private static Architecture LlamaFamily(ConfigFields config)
    {
        int width = config.Size("hidden_size"), heads = config.Size("num_attention_heads");
        int headSize = config.Size("head_dim", width / heads);
        int context = config.Size("max_position_embeddings", 2048);
        return new Architecture
        {
            Family = "llama",
            Layers = config.Size("num_hidden_layers"),
            Width = width,
            Vocabulary = config.Size("vocab_size"),
            Context = context,
            Heads = heads,
            KeyValueHeads = config.Size("num_key_value_heads", heads),
            HeadSize = headSize,
            Inner = config.Size("intermediate_size"),
            Norm = NormKind.RootMeanSquare,
            NormEpsilon = config.Real("rms_norm_eps", 1e-6f),
            Activation = config.Activation("hidden_act", "silu"),
            Gated = true,
            AttentionBias = config.Flag("attention_bias", false),
            FeedForwardBias = config.Flag("mlp_bias", false),
            Rotary = RotaryScaling.Read(config, headSize),
            TiedHead = config.Flag("tie_word_embeddings", false),
            AttentionScale = 1 / MathF.Sqrt(headSize),
        };
    }

    private static Architecture Gpt2Family(ConfigFields config)
    {
        int width = config.Size("n_embd"), heads = config.Size("n_head");
        config.Check("n_head", width % heads == 0, "does not divide n_embd");
        int headSize = width / heads;
        return new Architecture
        {
            Family = "gpt2",
            Layers = config.Size("n_layer"),
            Width = width,
            Vocabulary = config.Size("vocab_size"),
            Context = config.Size("n_positions", 1024),
            Heads = heads,
            KeyValueHeads = heads,
            HeadSize = headSize,
            Inner = config.Size("n_inner", 4 * width),
            Norm = NormKind.Layer,
            NormEpsilon = config.Real("layer_norm_epsilon", 1e-5f),
            Activation = config.Activation("activation_function", "gelu_new"),
            Gated = false,
            AttentionBias = true,
            FeedForwardBias = true,
            Rotary = null,
            TiedHead = config.Flag("tie_word_embeddings", true),
            AttentionScale = config.Flag("scale_attn_weights", true) ? 1 / MathF.Sqrt(headSize) : 1,
            ScaleByLayer = config.Flag("scale_attn_by_inverse_layer_idx", false),
        };
    }
}
