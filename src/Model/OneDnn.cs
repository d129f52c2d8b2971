using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>
/// Sends float32 products to oneDNN instead of MKL, which takes a slower path on AMD (245 against 103 GFLOP/s a core, torchsharp.md
/// §1.2). libtorch has no such setting: its "bfloat16 allowed" precision of the oneDNN backend has the side effect of choosing it,
/// and where the CPU has bfloat16 tiles it may truly round. The error is therefore measured, and above 1e-5 the switch stays off.
/// </summary>
public static partial class OneDnn
{
    private const int Backend = 2 /* MKLDNN */, Operation = 3 /* MATMUL */, Ieee = 1, BFloat16Allowed = 3;
    private const double LargestError = 1e-5;
    private static readonly Lazy<bool> Usable = new(TryUse);

    /// <summary>Switches on once a process, if that keeps float32's precision; says whether it is on.</summary>
    public static bool Use() => Usable.Value;

    /// <summary>For measuring the other library. Process-wide: nothing else may compute meanwhile.</summary>
    public static T Without<T>(Func<T> measure)
    {
        if (!Use()) return measure();
        Set(Ieee);
        try
        {
            return measure();
        }
        finally
        {
            Set(BFloat16Allowed);
        }
    }

    private static bool TryUse()
    {
        try
        {
            _ = torch.CPU; // loads the library before it is asked for
            Set(BFloat16Allowed);
            if (RelativeError() <= LargestError) return true;
            Set(Ieee);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // another libtorch: its products are right, only slower
        }
        return false;
    }

    private static double RelativeError()
    {
        const int rows = 64, inner = 512, columns = 64;
        Random random = new(1);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
        using DisposeScope scope = NewDisposeScope();
        using IDisposable inference = inference_mode();
        Tensor x = tensor(Values(rows * inner), [rows, inner]), w = tensor(Values(columns * inner), [columns, inner]);
        Tensor exact = nn.functional.linear(x.to(ScalarType.Float64), w.to(ScalarType.Float64));
        Tensor error = (nn.functional.linear(x, w).to(ScalarType.Float64) - exact).norm() / exact.norm();
        return error.item<double>();
    }

    private static void Set(int precision) => SetFloat32Precision(GlobalContext(), Backend, Operation, precision);

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at13globalContextEv")]
    private static partial nint GlobalContext();

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at7Context19setFloat32PrecisionENS_14Float32BackendENS_9Float32OpENS_16Float32PrecisionE")]
    private static partial void SetFloat32Precision(nint context, int backend, int operation, int precision);
}
