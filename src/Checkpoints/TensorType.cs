namespace Detection.Checkpoints;

/// <summary>How the values of a tensor are stored. Only the first six can be read; the rest occur as buffers that no model reads.</summary>
public enum TensorType
{
    F32, F16, BF16, Q8_0, Q4_0, Q4_1,
    F64, F8_E4M3, F8_E5M2, F8_E8M0, I64, I32, I16, I8, U64, U32, U16, U8, BOOL,
}

/// <summary>Sizes of the stored types: a block of <c>Values</c> values takes <c>Bytes</c> bytes.</summary>
internal static class TensorTypeLayout
{
    public static bool IsReadable(this TensorType type) => type <= TensorType.Q4_1;

    public static (int Values, int Bytes) Block(this TensorType type) => type switch
    {
        TensorType.Q8_0 => (32, 34), // half scale, 32 signed bytes
        TensorType.Q4_0 => (32, 18), // half scale, 16 bytes: low nibbles are values 0..15, high nibbles 16..31
        TensorType.Q4_1 => (32, 20), // half scale, half minimum, 16 bytes
        TensorType.F64 or TensorType.I64 or TensorType.U64 => (1, 8),
        TensorType.F32 or TensorType.I32 or TensorType.U32 => (1, 4),
        TensorType.F16 or TensorType.BF16 or TensorType.I16 or TensorType.U16 => (1, 2),
        _ => (1, 1),
    };
}
