using System.Text;

namespace Detection.Tests;

/// <summary>Writes small GGUF files for tests: metadata entries, then F32 tensors.</summary>
internal sealed class TinyGguf
{
    private readonly List<(string Key, uint Type, Action<BinaryWriter> Write)> _entries = [];
    private readonly List<(string Name, long[] Dimensions, uint Type, byte[] Data)> _tensors = [];

    public TinyGguf With(string key, string value) => Add(key, 8, writer => Text(writer, value));

    public TinyGguf With(string key, uint value) => Add(key, 4, writer => writer.Write(value));

    public TinyGguf With(string key, float value) => Add(key, 6, writer => writer.Write(value));

    public TinyGguf With(string key, bool value) => Add(key, 7, writer => writer.Write(value));

    public TinyGguf With(string key, int[] values) => Add(key, 9, writer =>
    {
        writer.Write(5u);
        writer.Write((long)values.Length);
        foreach (int value in values) writer.Write(value);
    });

    public TinyGguf With(string key, string[] values) => Add(key, 9, writer =>
    {
        writer.Write(8u);
        writer.Write((long)values.Length);
        foreach (string value in values) Text(writer, value);
    });

    /// <summary>Dimensions innermost first, as the file has them.</summary>
    public TinyGguf Tensor(string name, long[] dimensions, float[] values)
    {
        byte[] data = new byte[values.Length * 4];
        Buffer.BlockCopy(values, 0, data, 0, data.Length);
        _tensors.Add((name, dimensions, 0, data));
        return this;
    }

    public byte[] ToBytes()
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((long)_tensors.Count);
        writer.Write((long)_entries.Count);
        foreach ((string key, uint type, Action<BinaryWriter> write) in _entries)
        {
            Text(writer, key);
            writer.Write(type);
            write(writer);
        }
        long offset = 0;
        foreach ((string name, long[] dimensions, uint type, byte[] data) in _tensors)
        {
            Text(writer, name);
            writer.Write((uint)dimensions.Length);
            foreach (long size in dimensions) writer.Write(size);
            writer.Write(type);
            writer.Write(offset);
            offset = Aligned(offset + data.Length);
        }
        foreach ((_, _, _, byte[] data) in _tensors)
        {
            writer.Write(new byte[Aligned(stream.Position) - stream.Position]);
            writer.Write(data);
        }
        return stream.ToArray();
    }

    /// <summary>A llama of one layer without its weights but for the embedding, and a tokenizer of four tokens.</summary>
    public static TinyGguf Llama() => new TinyGguf()
        .With("general.architecture", "llama").With("llama.block_count", 1).With("llama.context_length", 64).With("llama.embedding_length", 4)
        .With("llama.feed_forward_length", 8).With("llama.attention.head_count", 1).With("llama.attention.layer_norm_rms_epsilon", 1e-5f)
        .With("tokenizer.ggml.model", "gpt2").With("tokenizer.ggml.pre", "llama-bpe").With("tokenizer.ggml.tokens", ["<s>", "a", "b", "ab"])
        .With("tokenizer.ggml.token_type", [3, 1, 1, 1]).With("tokenizer.ggml.merges", ["a b"]).With("tokenizer.ggml.bos_token_id", 0)
        .Tensor("token_embd.weight", [4, 4], [.. Enumerable.Range(0, 16).Select(i => (float)i)])
        .Tensor("blk.0.attn_q.weight", [2, 4], [0, 1, 2, 3, 4, 5, 6, 7]);

    private static long Aligned(long value) => (value + 31) / 32 * 32;

    private static void Text(BinaryWriter writer, string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        writer.Write((long)bytes.Length);
        writer.Write(bytes);
    }

    private TinyGguf Add(string key, uint type, Action<BinaryWriter> write)
    {
        _entries.Add((key, type, write));
        return this;
    }
}
