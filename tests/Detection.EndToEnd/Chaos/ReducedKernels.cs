namespace Detection.EndToEnd.Chaos;

/// <summary>The environment of a worker on an older processor: .NET, torch and oneDNN without AVX2 and AVX-512.</summary>
internal static class ReducedKernels
{
    /// <summary>All that the processor has.</summary>
    public static IReadOnlyDictionary<string, string> None { get; } = new Dictionary<string, string>();

    public static IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>
    {
        ["DOTNET_EnableAVX2"] = "0",
        ["ATEN_CPU_CAPABILITY"] = "default",
        ["ONEDNN_MAX_CPU_ISA"] = "SSE41",
    };
}
