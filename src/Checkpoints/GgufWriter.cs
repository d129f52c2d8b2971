using System.Text;

namespace Detection.Checkpoints;

/// <summary>
/// Writes GGUF files, version 3, little-endian (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), whole or not at all: to a temporary file beside the target, flushed, then renamed over it.
/// </summary>
public static class GgufWriter
{
    private const int Alignment = 32;

    /// <summary>The name that a tensor of a Llama has in GGUF files.</summary>
    /// <param name="name">As Hugging Face's checkpoints have it.</param>
    public static string LlamaName(string name) => GgufTensors.GgufName("llama", name);

    /// <param name="metadata">In order; values are string, bool, int, float, <c>IReadOnlyList&lt;string&gt;</c> or <c>IReadOnlyList&lt;int&gt;</c>.</param>
    /// <param name="tensors">Under their GGUF names; shapes outermost dimension first; stored as F32, Q8_0 or Q4_1.</param>
    /// <exception cref="ArgumentException">A value or a type that is not written, or a shape that does not fit its values.</exception>
    public static void Write(string path, IReadOnlyList<(string Key, object Value)> metadata, IReadOnlyList<NamedTensor> tensors)
    {
        string temporary = $"{path}.{Environment.ProcessId:x}-{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write))
            using (BinaryWriter writer = new(stream, Encoding.UTF8))
            {
                writer.Write("GGUF"u8);
                writer.Write(3u);
                writer.Write((long)tensors.Count);
                writer.Write((long)metadata.Count);
                foreach ((string key, object value) in metadata) Entry(writer, key, value);
                long offset = 0;
                foreach (NamedTensor tensor in tensors) offset = Header(writer, tensor, offset);
                foreach (NamedTensor tensor in tensors)
                {
                    Pad(writer);
                    byte[] stored = new byte[Quantiser.Bytes(tensor.Type, tensor.Values.Length)];
                    Quantiser.Write(tensor.Type, tensor.Values.Span, stored);
                    writer.Write(stored);
                }
                writer.Flush();
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void Entry(BinaryWriter writer, string key, object value)
    {
        Text(writer, key);
        switch (value)
        {
            case string text: Kind(GgufType.String); Text(writer, text); break;
            case bool flag: Kind(GgufType.Bool); writer.Write(flag); break;
            case int number: Kind(GgufType.UInt32); writer.Write(checked((uint)number)); break;
            case float real: Kind(GgufType.Float32); writer.Write(real); break;
            case IReadOnlyList<string> texts:
                Kind(GgufType.Array); Kind(GgufType.String); writer.Write((long)texts.Count);
                foreach (string text in texts) Text(writer, text);
                break;
            case IReadOnlyList<int> numbers:
                Kind(GgufType.Array); Kind(GgufType.Int32); writer.Write((long)numbers.Count);
                foreach (int number in numbers) writer.Write(number);
                break;
            default: throw new ArgumentException($"{key}: {value.GetType().Name} is not written.", nameof(value));
        }

        void Kind(GgufType type) => writer.Write((uint)type);
    }

    private static long Header(BinaryWriter writer, NamedTensor tensor, long offset)
    {
        if (tensor.Shape.Aggregate(1L, (product, size) => checked(product * size)) != tensor.Values.Length)
            throw new ArgumentException($"{tensor.Name}: [{string.Join(", ", tensor.Shape)}] does not hold {tensor.Values.Length} values.");
        Text(writer, tensor.Name);
        writer.Write((uint)tensor.Shape.Count);
        foreach (long size in tensor.Shape.Reverse()) writer.Write(size);
        writer.Write(tensor.Type switch { TensorType.F32 => 0u, TensorType.Q4_1 => 3u, TensorType.Q8_0 => 8u, _ => throw new ArgumentException($"{tensor.Name}: {tensor.Type} is not written: F32, Q8_0 and Q4_1 are.") });
        writer.Write(offset);
        return (offset + Quantiser.Bytes(tensor.Type, tensor.Values.Length) + Alignment - 1) / Alignment * Alignment;
    }

    private static void Text(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((long)bytes.Length);
        writer.Write(bytes);
    }

    private static void Pad(BinaryWriter writer)
    {
        while (writer.BaseStream.Position % Alignment != 0) writer.Write((byte)0);
    }
}
