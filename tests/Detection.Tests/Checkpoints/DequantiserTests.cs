using CsCheck;
using Detection.Checkpoints;

namespace Detection.Tests.Checkpoints;

public sealed class DequantiserTests
{
    [Fact]
    public void Vector_and_scalar_paths_give_the_same_bits() => Gen.Byte.Array[340 * 2].Sample(bytes =>
    {
        foreach (TensorType type in new[] { TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_1 })
        {
            int blocks = bytes.Length / type.Block().Bytes;
            float[] vector = new float[blocks * 32], scalar = new float[blocks * 32];
            ReadOnlySpan<byte> source = bytes.AsSpan(0, blocks * type.Block().Bytes);
            Dequantiser.Blocks(type, source, vector, vector: true);
            Dequantiser.Blocks(type, source, scalar, vector: false);
            Assert.Equal(Bits(scalar), Bits(vector));
        }
    }, iter: 200);

    [Fact]
    public void Every_half_is_widened_exactly()
    {
        ushort[] halves = [.. Enumerable.Range(0, 65_536).Select(i => (ushort)i)];
        float[] vector = new float[halves.Length], scalar = new float[halves.Length];
        Dequantiser.Float16(halves, vector, vector: true);
        Dequantiser.Float16(halves, scalar, vector: false);
        Assert.Equal(Bits(scalar), Bits(vector));
        Assert.All(halves, half =>
        {
            float expected = (float)BitConverter.UInt16BitsToHalf(half);
            Assert.True(float.IsNaN(expected) ? float.IsNaN(scalar[half]) : BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(scalar[half]));
        });
    }

    [Fact]
    public void Bfloat16_is_the_upper_half_of_a_float()
    {
        ushort[] values = [.. Enumerable.Range(0, 65_536).Select(i => (ushort)i)];
        float[] vector = new float[values.Length], scalar = new float[values.Length];
        Dequantiser.BFloat16(values, vector, vector: true);
        Dequantiser.BFloat16(values, scalar, vector: false);
        Assert.Equal(Bits(scalar), Bits(vector));
        Assert.Equal(-1.5f, scalar[0xbfc0]);
    }

    // Of two NaNs the sum of a block may keep either's payload: which one is the compiler's choice, and no checkpoint means it.
    private static int[] Bits(float[] values) => [.. values.Select(value => BitConverter.SingleToInt32Bits(float.IsNaN(value) ? float.NaN : value))];
}
