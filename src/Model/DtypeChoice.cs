using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>Which types a model can sensibly be computed in on this machine, and which is fastest.</summary>
public static class DtypeChoice
{
    private const int Rows = 512, Inner = 576, Columns = 1536;
    private const double WorthIt = 1.2; // bfloat16 costs accuracy: it must gain at least this

    /// <summary><c>float32</c>, and <c>bfloat16</c> where the CPU computes it (avx512_bf16 or AMX); elsewhere it is emulated, many times slower.</summary>
    public static IReadOnlyList<string> Supported => CpuFeatures.HasBFloat16 || CpuFeatures.HasTiles ? ["float32", "bfloat16"] : ["float32"];

    /// <summary>
    /// The fastest of <paramref name="among"/> by a matrix product of a small model's shape, measured in about 0.2 s. Store the answer:
    /// scores of different types differ.
    /// </summary>
    public static string MeasureFastest(IReadOnlyCollection<string>? among = null)
    {
        string[] candidates = [.. Supported.Where(dtype => among is null || among.Contains(dtype))];
        if (candidates.Length == 0) return "float32";
        if (candidates.Length == 1) return candidates[0];
        OneDnn.Use();
        return Rate(ScalarType.BFloat16) >= WorthIt * Rate(ScalarType.Float32) ? "bfloat16" : "float32";
    }

    /// <summary>The best rate of the product within 0.1 s, in floating-point operations a second.</summary>
    private static double Rate(ScalarType type)
    {
        using IDisposable inference = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        Tensor x = full([Rows, Inner], 0.5).to(type), w = full([Columns, Inner], 0.25).to(type);
        TimeSpan best = TimeSpan.MaxValue;
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalMilliseconds < 100;)
        {
            long before = Stopwatch.GetTimestamp();
            using Tensor y = nn.functional.linear(x, w);
            TimeSpan took = Stopwatch.GetElapsedTime(before);
            if (took < best) best = took;
        }
        return 2.0 * Rows * Inner * Columns / best.TotalSeconds;
    }
}
