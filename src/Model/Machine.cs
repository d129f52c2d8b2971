using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>What this machine is good at.</summary>
public static class Machine
{
    /// <summary>Vector instruction sets, for example <c>avx512+bf16</c>: what decides which type is fast.</summary>
    public static string Instructions => CpuFeatures.Describe();

    /// <summary><c>cuda</c> where the native library was built with it and finds a device, else <c>cpu</c>.</summary>
    public static string BestDevice() => cuda_is_available() ? "cuda" : "cpu";

    /// <summary>The type whose matrix products are fastest here: the best of several short ones each, since other work disturbs. Emulated bfloat16 is many times slower than float32.</summary>
    public static string FastestDtype(IReadOnlyList<string> types)
    {
        NativeMemory.KeepFreedBlocks();
        using var off = no_grad();
        using var scope = NewDisposeScope();
        return types.MinBy(type => Best(type == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32))!;

        static TimeSpan Best(ScalarType type)
        {
            var a = ones([512, 576], type);
            var b = ones([576, 1536], type);
            return Enumerable.Range(0, 8).Min(_ =>
            {
                long start = Stopwatch.GetTimestamp();
                a.mm(b).Dispose();
                return Stopwatch.GetElapsedTime(start);
            });
        }
    }
}
