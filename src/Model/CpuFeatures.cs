using System.Runtime.Intrinsics.X86;

namespace Detection.Model;

/// <summary>The vector instructions that decide which kernels a library takes.</summary>
internal static class CpuFeatures
{
    /// <summary>Such as <c>avx2+fma</c> or <c>avx512+bf16</c>; <c>portable</c> where there are none.</summary>
    public static string Describe()
    {
        List<string> parts = [];
        if (Avx512F.IsSupported) parts.Add("avx512");
        else if (Avx2.IsSupported) parts.Add("avx2");
        if (HasBFloat16) parts.Add("bf16");
        if (HasTiles) parts.Add("amx");
        return parts.Count == 0 ? "portable" : string.Join('+', parts);
    }

    /// <summary>avx512_bf16: leaf 7, sub-leaf 1, EAX bit 5.</summary>
    public static bool HasBFloat16 => Avx512F.IsSupported && X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7 && (X86Base.CpuId(7, 1).Eax >> 5 & 1) == 1;

    /// <summary>AMX with bfloat16 tiles: leaf 7, EDX bit 22.</summary>
    public static bool HasTiles => X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7 && (X86Base.CpuId(7, 0).Edx >> 22 & 1) == 1;
}
