using System.Runtime.InteropServices;

namespace Detection.Model;

/// <summary>
/// glibc gives every large block back to the system when it is freed and takes it anew, page by page, for the next tensor. On virtual machines the page
/// faults cost more than the arithmetic: a bfloat16 product of (4096×320)·(320×8192) took 384 ms before and 33 ms after. So freed blocks are kept.
/// </summary>
public static partial class NativeMemory
{
    // malloc.h
    private const int TrimThreshold = -1, TopPad = -2, MmapMax = -4;

    private static readonly bool Kept = Keep();

    /// <summary>Process-wide, idempotent; a no-op where the C library has no mallopt. Call before the first tensor.</summary>
    public static bool KeepFreedBlocks() => Kept;

    private static bool Keep()
    {
        try { return MallOpt(MmapMax, 0) == 1 && MallOpt(TrimThreshold, int.MaxValue) == 1 && MallOpt(TopPad, 64 << 20) == 1; }
        catch (Exception missing) when (missing is EntryPointNotFoundException or DllNotFoundException) { return false; }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);
}
