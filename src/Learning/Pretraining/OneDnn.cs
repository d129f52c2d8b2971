using System.Runtime.InteropServices;

namespace Detection.Learning.Pretraining;

/// <summary>
/// Lets libtorch's float32 matrix products run in oneDNN instead of MKL, whose AVX2 path is half as fast on AMD. Process-wide.
/// On processors with AMX it may round to bfloat16, which is harmless in training.
/// </summary>
internal static partial class OneDnn
{
    private const int Mkldnn = 2, MatrixProduct = 3, Bfloat16 = 3;

    public static void UseForFloat32() => SetPrecision(Context(), Mkldnn, MatrixProduct, Bfloat16);

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at13globalContextEv")]
    private static partial nint Context();

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at7Context19setFloat32PrecisionENS_14Float32BackendENS_9Float32OpENS_16Float32PrecisionE")]
    private static partial void SetPrecision(nint context, int backend, int operation, int precision);
}
