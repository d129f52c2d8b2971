using System.Diagnostics;

namespace Detection.Standalone.Streaming;

/// <summary>Seconds; null where nothing was measured.</summary>
internal sealed record Percentiles(double? P50, double? P95, double? P99, int Count);

/// <summary>Latencies of one stage and when they ended. Safe for several threads; eight bytes each, so that the log is no part of the memory it is beside.</summary>
internal sealed class LatencyLog
{
    private readonly Lock _adding = new();
    private readonly List<(float At, float Seconds)> _all = [];
    private readonly long _begun = Stopwatch.GetTimestamp();

    /// <param name="due">When it was to begin (<see cref="Stopwatch.GetTimestamp"/>).</param>
    public void EndedNow(long due)
    {
        long now = Stopwatch.GetTimestamp();
        lock (_adding) _all.Add(((float)Stopwatch.GetElapsedTime(_begun, now).TotalSeconds, (float)Stopwatch.GetElapsedTime(due, now).TotalSeconds));
    }

    public int Count
    {
        get { lock (_adding) return _all.Count; }
    }

    public Percentiles Percentiles()
    {
        float[] sorted = Sorted();
        return new Percentiles(Share(sorted, .5), Share(sorted, .95), Share(sorted, .99), sorted.Length);
    }

    /// <summary>Seconds below which that part of all lies; null where nothing was logged.</summary>
    public double? Quantile(double part) => Share(Sorted(), part);

    /// <summary>The 95th percentile of what ended in each piece of time, by the second of its middle.</summary>
    public IReadOnlyList<(double At, double Seconds)> OverTime(double piece)
    {
        (float At, float Seconds)[] all;
        lock (_adding) all = [.. _all];
        return [.. all.GroupBy(one => (int)(one.At / piece)).OrderBy(group => group.Key).Select(group =>
        {
            float[] sorted = [.. group.Select(one => one.Seconds).Order()];
            return ((group.Key + 0.5) * piece, (double)sorted[(int)(0.95 * sorted.Length)]);
        })];
    }

    private float[] Sorted()
    {
        lock (_adding) return [.. _all.Select(one => one.Seconds).Order()];
    }

    private static double? Share(float[] sorted, double part) => sorted.Length == 0 ? null : sorted[Math.Min(sorted.Length - 1, (int)(part * sorted.Length))];
}
