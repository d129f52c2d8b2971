namespace Detection.Learning.Metrics;

/// <summary>What a score does to people's texts and machines' texts; higher = machine. Definitions of published-numbers.md §4.</summary>
public static class Ranking
{
    /// <summary>Mean over pairs of [s_m &gt; s_h] + ½ [s_m = s_h]; NaN where a side is empty.</summary>
    public static double Auroc(IReadOnlyList<double> human, IReadOnlyList<double> machine)
    {
        double[] sorted = [.. human.Order()];
        double wins = 0;
        foreach (double score in machine) wins += (Below(sorted, score, false) + Below(sorted, score, true)) / 2.0;
        return wins / ((double)human.Count * machine.Count);
    }

    /// <summary>
    /// Share of machine texts found when at most one in <paramref name="oneIn"/> people is flagged: the threshold is the (k+1)-th highest human score with k = ⌊n / oneIn⌋,
    /// and only scores strictly above it are flagged. Null where n is under <paramref name="oneIn"/>: it cannot be shown.
    /// </summary>
    public static OperatingPoint? AtFalsePositives(IReadOnlyList<double> human, IReadOnlyList<double> machine, int oneIn)
    {
        if (human.Count < oneIn) return null;
        double threshold = human.OrderDescending().ElementAt(human.Count / oneIn);
        return At(human, machine, threshold);
    }

    /// <summary>What a threshold that came from elsewhere does here; flags <c>score &gt; threshold</c>.</summary>
    public static OperatingPoint At(IReadOnlyList<double> human, IReadOnlyList<double> machine, double threshold) =>
        new(threshold, machine.Count(score => score > threshold), machine.Count, human.Count(score => score > threshold), human.Count);

    /// <summary>Share of the positives above a threshold, on average over the thresholds at the scores of negatives that at most one in so many of them pass.</summary>
    public static double FoundAtStrict(IReadOnlyList<double> negatives, IReadOnlyList<double> positives, int oneIn) =>
        negatives.OrderDescending().Take(1 + negatives.Count / oneIn).Average(threshold => positives.Count(score => score > threshold) / (double)positives.Count);

    /// <summary>Mean over positives of the precision at their score; ties count together.</summary>
    public static double AveragePrecision(IReadOnlyList<(double Score, bool Positive)> rows)
    {
        int seen = 0, found = 0, positives = rows.Count(row => row.Positive);
        double sum = 0;
        foreach (var tie in rows.GroupBy(row => row.Score).OrderByDescending(group => group.Key))
        {
            int hits = tie.Count(row => row.Positive);
            seen += tie.Count();
            found += hits;
            sum += hits * (found / (double)seen);
        }
        return positives == 0 ? double.NaN : sum / positives;
    }

    /// <summary>How many of the sorted scores lie below, or at most at, the score.</summary>
    private static int Below(double[] sorted, double score, bool inclusive)
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (sorted[middle] < score || inclusive && sorted[middle] == score) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}

/// <summary>Machine texts found of those seen, and people flagged of those seen, at one threshold.</summary>
public sealed record OperatingPoint(double Threshold, int Found, int Machines, int Flagged, int Humans)
{
    public double TruePositiveRate => Found / (double)Machines;
    public double FalsePositiveRate => Flagged / (double)Humans;
}
