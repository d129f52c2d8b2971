using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Detection.Checkpoints;

/// <summary>A tensor to be written: values in row-major order, stored as <paramref name="Type"/>, which is F32 or BF16.</summary>
public sealed record NamedTensor(string Name, IReadOnlyList<long> Shape, ReadOnlyMemory<float> Values, TensorType Type = TensorType.F32);

/// <summary>Writes safetensors files whole or not at all: to a temporary file beside the target, flushed, then renamed over it.</summary>
public static class SafetensorsWriter
{
    private const int Alignment = 64;

    /// <summary>The same tensors and metadata give the same bytes. BF16 rounds to nearest, ties to even.</summary>
    /// <exception cref="ArgumentException">A name twice, a shape that does not fit its values, or a type that is not written.</exception>
    public static void Write(string path, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        byte[] header = Header(tensors, metadata);
        string temporary = $"{path}.{Environment.ProcessId:x}-{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(header);
                foreach (NamedTensor tensor in tensors) WriteValues(stream, tensor);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static byte[] Header(IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using MemoryStream stream = new();
        stream.Write(new byte[8]);
        HashSet<string> names = new(StringComparer.Ordinal) { "__metadata__" };
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) json.WriteString(key, value);
                json.WriteEndObject();
            }
            long offset = 0;
            foreach (NamedTensor tensor in tensors)
            {
                if (!names.Add(tensor.Name)) throw new ArgumentException($"The name {tensor.Name} occurs twice.", nameof(tensors));
                offset = WriteEntry(json, tensor, offset);
            }
            json.WriteEndObject();
        }
        while (stream.Length % Alignment != 0) stream.WriteByte((byte)' '); // the format allows spaces; values are then aligned in the map
        byte[] header = stream.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)header.Length - 8);
        return header;
    }

    private static long WriteEntry(Utf8JsonWriter json, NamedTensor tensor, long offset)
    {
        if (tensor.Type is not (TensorType.F32 or TensorType.BF16)) throw new ArgumentException($"{tensor.Name}: {tensor.Type} is not written, F32 and BF16 are.");
        if (tensor.Shape.Aggregate(1L, (product, size) => checked(product * size)) != tensor.Values.Length)
            throw new ArgumentException($"{tensor.Name}: [{string.Join(", ", tensor.Shape)}] does not hold {tensor.Values.Length} values.");
        long end = offset + (long)tensor.Values.Length * tensor.Type.Block().Bytes;
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Type.ToString());
        json.WriteStartArray("shape");
        foreach (long size in tensor.Shape) json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
        return end;
    }

    private static void WriteValues(FileStream stream, NamedTensor tensor)
    {
        const int chunk = 1 << 16;
        ReadOnlySpan<float> values = tensor.Values.Span;
        ushort[] rounded = new ushort[tensor.Type == TensorType.BF16 ? Math.Min(chunk, values.Length) : 0];
        for (; values.Length > 0; values = values[Math.Min(chunk, values.Length)..])
        {
            ReadOnlySpan<float> part = values[..Math.Min(chunk, values.Length)];
            if (tensor.Type == TensorType.F32) stream.Write(MemoryMarshal.AsBytes(part));
            else
            {
                for (int i = 0; i < part.Length; i++) rounded[i] = RoundToBFloat16(part[i]);
                stream.Write(MemoryMarshal.AsBytes(rounded.AsSpan(0, part.Length)));
            }
        }
    }

    private static ushort RoundToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return (ushort)((bits >> 16) | 0x40); // rounding up must not turn a NaN into an infinity
        return (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }
}
