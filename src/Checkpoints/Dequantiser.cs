using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Detection.Checkpoints;

/// <summary>
/// Stored values to float32. Every vector path does the same roundings in the same order as the scalar one (a product, then a
/// sum; never a fused multiply-add), so that all give the bits of gguf-py's reference. Loops are compiled for speed at once: a model
/// is read once a process, before the runtime would have noticed that they are hot.
/// </summary>
internal static class Dequantiser
{
    public static void Read(TensorType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case TensorType.F32: MemoryMarshal.Cast<byte, float>(source).CopyTo(destination); break;
            case TensorType.BF16: BFloat16(MemoryMarshal.Cast<byte, ushort>(source), destination, Vector512.IsHardwareAccelerated); break;
            case TensorType.F16: Float16(MemoryMarshal.Cast<byte, ushort>(source), destination, Vector256.IsHardwareAccelerated); break;
            default: Blocks(type, source, destination, Vector256.IsHardwareAccelerated); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void BFloat16(ReadOnlySpan<ushort> source, Span<float> destination, bool vector)
    {
        int i = 0;
        if (vector)
            for (; i <= source.Length - 32; i += 32)
            {
                (Vector512<uint> low, Vector512<uint> high) = Vector512.Widen(Vector512.Create(source.Slice(i, 32)));
                (low << 16).AsSingle().CopyTo(destination[i..]);
                (high << 16).AsSingle().CopyTo(destination[(i + 16)..]);
            }
        for (; i < source.Length; i++) destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Float16(ReadOnlySpan<ushort> source, Span<float> destination, bool vector)
    {
        int i = 0;
        if (vector)
            for (; i <= source.Length - 16; i += 16)
            {
                (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Create(source.Slice(i, 16)));
                Widen(low).CopyTo(destination[i..]);
                Widen(high).CopyTo(destination[(i + 8)..]);
            }
        for (; i < source.Length; i++) destination[i] = Widen(source[i]);
    }

    // The half's exponent and fraction shifted into place are 2^-112 of the value, subnormals included; infinities and NaNs get the full exponent.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Widen(ushort half)
    {
        float magnitude = BitConverter.UInt32BitsToSingle((half & 0x7fffu) << 13) * BitConverter.UInt32BitsToSingle(0x77800000u);
        uint bits = BitConverter.SingleToUInt32Bits(magnitude) | ((half & 0x8000u) << 16);
        return BitConverter.UInt32BitsToSingle((half & 0x7c00u) == 0x7c00u ? bits | 0x7f800000u : bits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Widen(Vector256<uint> half)
    {
        Vector256<float> magnitude = ((half & Vector256.Create(0x7fffu)) << 13).AsSingle() * Vector256.Create(0x77800000u).AsSingle();
        Vector256<uint> full = Vector256.Equals(half & Vector256.Create(0x7c00u), Vector256.Create(0x7c00u)) & Vector256.Create(0x7f800000u);
        return (magnitude.AsUInt32() | ((half & Vector256.Create(0x8000u)) << 16) | full).AsSingle();
    }

    /// <summary>Blocks of 32 values: value = scale · q, plus the minimum for Q4_1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Blocks(TensorType type, ReadOnlySpan<byte> source, Span<float> destination, bool vector)
    {
        int bytes = type.Block().Bytes;
        Span<sbyte> q = stackalloc sbyte[32];
        for (; source.Length >= bytes; source = source[bytes..], destination = destination[32..])
        {
            float scale = Widen(BinaryPrimitives.ReadUInt16LittleEndian(source));
            float minimum = type == TensorType.Q4_1 ? Widen(BinaryPrimitives.ReadUInt16LittleEndian(source[2..])) : 0;
            ReadOnlySpan<byte> packed = source[(type == TensorType.Q4_1 ? 4 : 2)..bytes];
            if (vector) VectorBlock(type, packed, scale, minimum, destination);
            else
            {
                Unpack(type, packed, q);
                if (type == TensorType.Q4_1)
                    for (int i = 0; i < 32; i++) destination[i] = q[i] * scale + minimum;
                else
                    for (int i = 0; i < 32; i++) destination[i] = q[i] * scale;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unpack(TensorType type, ReadOnlySpan<byte> packed, Span<sbyte> q)
    {
        if (type == TensorType.Q8_0)
        {
            MemoryMarshal.Cast<byte, sbyte>(packed).CopyTo(q);
            return;
        }
        int shift = type == TensorType.Q4_0 ? 8 : 0; // Q4_0 is symmetric: 0..15 stand for -8..7
        for (int i = 0; i < 16; i++) (q[i], q[i + 16]) = ((sbyte)((packed[i] & 15) - shift), (sbyte)((packed[i] >> 4) - shift));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void VectorBlock(TensorType type, ReadOnlySpan<byte> packed, float scale, float minimum, Span<float> destination)
    {
        Vector128<sbyte> low, high;
        if (type == TensorType.Q8_0)
        {
            low = Vector128.Create(packed[..16]).AsSByte();
            high = Vector128.Create(packed[16..32]).AsSByte();
        }
        else
        {
            Vector128<byte> nibbles = Vector128.Create(packed[..16]);
            Vector128<sbyte> shift = Vector128.Create((sbyte)(type == TensorType.Q4_0 ? 8 : 0));
            low = (nibbles & Vector128.Create((byte)15)).AsSByte() - shift;
            high = (nibbles >>> 4).AsSByte() - shift;
        }
        Scale(low, scale, minimum, type == TensorType.Q4_1, destination);
        Scale(high, scale, minimum, type == TensorType.Q4_1, destination[16..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scale(Vector128<sbyte> q, float scale, float minimum, bool add, Span<float> destination)
    {
        Vector256<short> words = Vector256.Create(Vector128.WidenLower(q), Vector128.WidenUpper(q));
        Vector256<float> a = Vector256.ConvertToSingle(Vector256.WidenLower(words)) * scale;
        Vector256<float> b = Vector256.ConvertToSingle(Vector256.WidenUpper(words)) * scale;
        if (add) (a, b) = (a + Vector256.Create(minimum), b + Vector256.Create(minimum));
        a.CopyTo(destination);
        b.CopyTo(destination[8..]);
    }
}
