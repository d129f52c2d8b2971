using System.Runtime.InteropServices;

namespace Detection.Tests;

/// <summary>
/// Holds work on hostile input to a bound that only a wrong order of growth exceeds (a megabyte in quadratic time takes hours). Counted is the
/// processor time of this thread, so that a busy machine does not turn a test red.
/// </summary>
internal static partial class ThreadTime
{
    private const int ClockThreadCpuTime = 3;

    public static void Within(string name, TimeSpan bound, Action work)
    {
        TimeSpan before = Now();
        work();
        TimeSpan took = Now() - before;
        Assert.True(took < bound, $"{name}: {took} of processor time");
    }

    private static TimeSpan Now()
    {
        if (GetTime(ClockThreadCpuTime, out Time time) != 0) throw new InvalidOperationException("This system does not count the time of a thread.");
        return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / TimeSpan.NanosecondsPerTick);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>clock_gettime(2).</summary>
    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Time time);
}
