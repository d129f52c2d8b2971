using Detection.Contracts;

namespace Detection.Detectors.Explaining;

/// <summary>Runs of tokens that stand out from what the model expected.</summary>
internal static class TokenRuns
{
    private const int Run = 12, Most = 3;

    /// <summary>The passages with the highest (or lowest) mean of ln p + H, the expected value of ln p taken off; apart from each other, in the order of the text.</summary>
    public static IReadOnlyList<EvidenceSpan> Of(Reading reading, bool surprising)
    {
        var map = reading.Map;
        int first = map.Count - reading.Predicted.Count, n = reading.Predicted.Count;
        if (n < 2 * Run) return [];
        double[] sums = new double[n + 1];
        for (int i = 0; i < n; i++) sums[i + 1] = sums[i] + reading.Predicted.LogProb[i] + reading.Predicted.Entropy[i];
        double mean = sums[n] / n;
        var starts = Enumerable.Range(0, n - Run + 1).Select(start => (Start: start, Value: (sums[start + Run] - sums[start]) / Run))
            .OrderBy(run => surprising ? run.Value : -run.Value).ThenBy(run => run.Start);
        var chosen = new List<(int Start, double Value)>();
        foreach (var run in starts)
        {
            if (chosen.Count == Most || (surprising ? run.Value >= mean : run.Value <= mean)) break;
            if (chosen.All(other => Math.Abs(other.Start - run.Start) >= Run)) chosen.Add(run);
        }
        return [.. chosen.OrderBy(run => run.Start).Select(run => new EvidenceSpan("text", map.Start[first + run.Start], map.End[first + run.Start + Run - 1], Math.Round(run.Value, 4)))];
    }
}
