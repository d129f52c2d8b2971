using TorchSharp;

namespace Detection.Model;

/// <summary>What this machine is.</summary>
public static class Machine
{
    /// <summary>Vector instruction sets, for example <c>avx512+bf16</c>: what decides which type is fast.</summary>
    public static string Instructions => CpuFeatures.Describe();

    /// <summary>What is configured, where <c>auto</c> is <c>cuda</c> if the native library was built with it and finds a device, else <c>cpu</c>.</summary>
    public static string DeviceFor(string configured) => configured != "auto" ? configured : torch.cuda_is_available() ? "cuda" : "cpu";
}
