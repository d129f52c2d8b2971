using System.Runtime.InteropServices;

namespace Detection.Checkpoints;

/// <summary>
/// float32 to stored blocks, with the roundings of ggml's reference (<c>quantize_row_q4_1_ref</c> and its like): what was dequantised from such blocks gives the same blocks again.
/// </summary>
public static class Quantiser
{
    private const int BlockValues = 32;

    /// <summary>The values as a reader of the stored type will see them.</summary>
    /// <param name="values">A whole number of blocks.</param>
    public static void Round(TensorType type, Span<float> values)
    {
        byte[] stored = new byte[Bytes(type, values.Length)];
        Write(type, values, stored);
        Dequantiser.Read(type, stored, values);
    }

    /// <summary>How many bytes so many values take.</summary>
    /// <exception cref="ArgumentException">The type is not written, or the values do not fill its blocks.</exception>
    internal static long Bytes(TensorType type, long values)
    {
        if (type is not (TensorType.F32 or TensorType.Q8_0 or TensorType.Q4_1)) throw new ArgumentException($"{type} is not written: F32, Q8_0 and Q4_1 are.", nameof(type));
        var (block, bytes) = type.Block();
        return values % block == 0 ? values / block * bytes : throw new ArgumentException($"{values} values do not fill blocks of {block}.", nameof(values));
    }

    internal static void Write(TensorType type, ReadOnlySpan<float> values, Span<byte> into)
    {
        if (into.Length != Bytes(type, values.Length)) throw new ArgumentException($"{values.Length} values of {type} take {Bytes(type, values.Length)} bytes.", nameof(into));
        if (type == TensorType.F32)
        {
            MemoryMarshal.AsBytes(values).CopyTo(into);
            return;
        }
        int bytes = type.Block().Bytes;
        for (int block = 0; block * BlockValues < values.Length; block++)
        {
            var from = values.Slice(block * BlockValues, BlockValues);
            var to = into.Slice(block * bytes, bytes);
            if (type == TensorType.Q8_0) Q8(from, to);
            else Q4(from, to);
        }
    }

    private static void Q8(ReadOnlySpan<float> values, Span<byte> into)
    {
        float largest = 0;
        foreach (float value in values) largest = Math.Max(largest, Math.Abs(value));
        float step = largest / 127, inverse = step == 0 ? 0 : 1 / step;
        MemoryMarshal.Write(into, (Half)step);
        for (int i = 0; i < BlockValues; i++) into[2 + i] = (byte)(sbyte)MathF.Round(values[i] * inverse, MidpointRounding.AwayFromZero);
    }

    private static void Q4(ReadOnlySpan<float> values, Span<byte> into)
    {
        float least = float.MaxValue, most = float.MinValue;
        foreach (float value in values) (least, most) = (Math.Min(least, value), Math.Max(most, value));
        float step = (most - least) / 15, inverse = step == 0 ? 0 : 1 / step;
        MemoryMarshal.Write(into, (Half)step);
        MemoryMarshal.Write(into[2..], (Half)least);
        for (int i = 0; i < BlockValues / 2; i++) into[4 + i] = (byte)(Nibble(values[i]) | (Nibble(values[i + (BlockValues / 2)]) << 4));

        int Nibble(float value) => Math.Min(15, (int)(((value - least) * inverse) + 0.5f));
    }
}
