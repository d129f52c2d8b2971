using System.Globalization;
using System.Text.Json;
using Detection.Checkpoints;

namespace Detection.Tests;

/// <summary>
/// A language model of a few thousand random weights as a Hugging Face folder with a byte-level tokenizer.json, the same for the same
/// seed: real in every part but for what it knows.
/// </summary>
internal sealed class TinyModel : IDisposable
{
    private const int Width = 32, Inner = 56, Layers = 2, Heads = 4;
    private static readonly string[] Merges = ["Ġ t", "h e", "i n", "Ġ a", "Ġt he", "e r", "o n", "Ġ s", "in g", "r e"];
    private readonly TemporaryFolder _folder = new();
    private readonly Random _random;
    private readonly List<NamedTensor> _tensors = [];

    private TinyModel(int seed) => _random = new Random(seed);

    /// <summary>The folder.</summary>
    public string Path => _folder.Path;

    /// <summary>The end-of-text token is the last; ids 0 … 255 are the bytes in GPT-2's order.</summary>
    public static int Vocabulary => 256 + Merges.Length + 1;

    /// <summary>Grouped-query attention, rotary positions, gated feed-forward, RMS norm, tied head.</summary>
    public static TinyModel Llama(int seed = 1)
    {
        TinyModel model = new(seed);
        int headSize = Width / Heads, kv = Heads / 2 * headSize;
        model.Matrix("model.embed_tokens.weight", 0.4, Vocabulary, Width);
        for (int layer = 0; layer < Layers; layer++)
        {
            string prefix = string.Create(CultureInfo.InvariantCulture, $"model.layers.{layer}.");
            model.Scale(prefix + "input_layernorm.weight");
            model.Matrix(prefix + "self_attn.q_proj.weight", 0.4, Width, Width);
            model.Matrix(prefix + "self_attn.k_proj.weight", 0.4, kv, Width);
            model.Matrix(prefix + "self_attn.v_proj.weight", 0.3, kv, Width);
            model.Matrix(prefix + "self_attn.o_proj.weight", 0.3, Width, Width);
            model.Scale(prefix + "post_attention_layernorm.weight");
            model.Matrix(prefix + "mlp.gate_proj.weight", 0.3, Inner, Width);
            model.Matrix(prefix + "mlp.up_proj.weight", 0.3, Inner, Width);
            model.Matrix(prefix + "mlp.down_proj.weight", 0.3, Width, Inner);
        }
        model.Scale("model.norm.weight");
        return model.Save(new
        {
            model_type = "llama",
            hidden_size = Width,
            intermediate_size = Inner,
            num_hidden_layers = Layers,
            num_attention_heads = Heads,
            num_key_value_heads = Heads / 2,
            max_position_embeddings = 1024,
            rms_norm_eps = 1e-5,
            rope_theta = 10000.0,
            tie_word_embeddings = true,
            vocab_size = Vocabulary,
            bos_token_id = Vocabulary - 1,
            eos_token_id = Vocabulary - 1,
        });
    }

    /// <summary>Learned positions, plain GELU feed-forward, layer norm, biases, Conv1D layout, names without their prefix.</summary>
    public static TinyModel Gpt2(int seed = 1)
    {
        TinyModel model = new(seed);
        model.Matrix("wte.weight", 0.4, Vocabulary, Width);
        model.Matrix("wpe.weight", 0.2, 1024, Width);
        for (int layer = 0; layer < Layers; layer++)
        {
            string prefix = string.Create(CultureInfo.InvariantCulture, $"h.{layer}.");
            foreach ((string name, int rows, int columns) in new[]
            {
                ("attn.c_attn", Width, 3 * Width), ("attn.c_proj", Width, Width), ("mlp.c_fc", Width, Inner), ("mlp.c_proj", Inner, Width),
            })
            {
                model.Matrix($"{prefix}{name}.weight", 0.3, rows, columns);
                model.Matrix($"{prefix}{name}.bias", 0.1, columns);
            }
            foreach (string name in new[] { "ln_1", "ln_2" }) model.LayerNorm(prefix + name);
        }
        model.LayerNorm("ln_f");
        return model.Save(new
        {
            model_type = "gpt2",
            n_embd = Width,
            n_inner = Inner,
            n_layer = Layers,
            n_head = Heads,
            n_positions = 1024,
            vocab_size = Vocabulary,
            bos_token_id = Vocabulary - 1,
            eos_token_id = Vocabulary - 1,
        });
    }

    public Checkpoint Open() => Checkpoint.Open(Path);

    /// <summary>Sequences of random ids with the given lengths.</summary>
    public static int[][] Sequences(int seed, params int[] lengths)
    {
        Random random = new(seed);
        return [.. lengths.Select(length => Enumerable.Range(0, length).Select(_ => random.Next(Vocabulary)).ToArray())];
    }

    public void Dispose() => _folder.Dispose();

    private void Matrix(string name, double deviation, params long[] shape)
    {
        float[] values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble()));
        _tensors.Add(new NamedTensor(name, shape, values));
    }

    private void Scale(string name)
    {
        float[] values = [.. Enumerable.Range(0, Width).Select(_ => (float)(0.5 + _random.NextDouble()))];
        _tensors.Add(new NamedTensor(name, [Width], values));
    }

    private void LayerNorm(string name)
    {
        Scale(name + ".weight");
        Matrix(name + ".bias", 0.1, Width);
    }

    private TinyModel Save(object config)
    {
        File.WriteAllText(_folder.File("config.json"), JsonSerializer.Serialize(config));
        File.WriteAllText(_folder.File("tokenizer.json"), JsonSerializer.Serialize(Tokenizer()));
        SafetensorsWriter.Write(_folder.File("model.safetensors"), _tensors);
        return this;
    }

    // GPT-2's byte alphabet: printable bytes stand for themselves, the others for code points from 256 on.
    private static Dictionary<string, object?> Tokenizer()
    {
        Dictionary<string, int> vocabulary = new(StringComparer.Ordinal);
        int moved = 0;
        foreach (int b in Enumerable.Range(0, 256))
            vocabulary[((char)(b is >= 33 and <= 126 or >= 161 and <= 172 or >= 174 ? b : 256 + moved++)).ToString()] = vocabulary.Count;
        foreach (string merge in Merges) vocabulary[merge.Replace(" ", "", StringComparison.Ordinal)] = vocabulary.Count;
        const string end = "<|endoftext|>";
        vocabulary[end] = vocabulary.Count;
        object byteLevel = new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true, use_regex = true };
        return new Dictionary<string, object?>
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new[] { new { id = vocabulary[end], content = end, single_word = false, lstrip = false, rstrip = false, normalized = false, special = true } },
            ["normalizer"] = null,
            ["pre_tokenizer"] = byteLevel,
            ["post_processor"] = null,
            ["decoder"] = byteLevel,
            ["model"] = new
            {
                type = "BPE",
                dropout = (double?)null,
                unk_token = (string?)null,
                continuing_subword_prefix = "",
                end_of_word_suffix = "",
                fuse_unk = false,
                byte_fallback = false,
                ignore_merges = false,
                vocab = vocabulary,
                merges = Merges,
            },
        };
    }
}
