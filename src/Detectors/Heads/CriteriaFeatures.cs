using Detection.Detectors.Criteria;

namespace Detection.Detectors.Heads;

/// <summary>
/// Zero-shot criteria in a form that does not grow with length, and the shape of the sequence of surprises. A head learns both tails: the repetition penalty
/// pushes machine text above human surprise, where a one-sided threshold is blind.
/// </summary>
internal static class CriteriaFeatures
{
    private static readonly string[] Criteria =
        ["mean_loglik", "mean_logrank", "mean_entropy", "lrr", "fast_detectgpt", "gltr10", "gltr100", "gltr1000", "surprisal_std", "surprisal_max",
            "surprisal_p10", "surprisal_p25", "surprisal_p50", "surprisal_p75", "surprisal_p90"];

    private static readonly string[] Shape =
        ["discrepancy_a_token", "gap_a_token", "likelihood_over_entropy", "entropy_std", "mean_variance", "gap_std", "gap_skew", "surprise_next_to_surprise",
            "top_choice", "far_below_expectation", "far_above_expectation", "second_half_minus_first", "log_tokens"];

    public static IReadOnlyList<string> Names { get; } = [.. Criteria, .. Shape];

    /// <summary>Zeros for a text without predictions: too short to say.</summary>
    public static void Fill(PredictedTokens tokens, Span<float> into)
    {
        into.Clear();
        int n = tokens.Count;
        if (n == 0) return;
        var criteria = ZeroShot.Measure(tokens);
        for (int i = 0; i < Criteria.Length; i++) into[i] = (float)(criteria[Criteria[i]] ?? 0);
        FillShape(tokens, criteria, into[Criteria.Length..]);
    }

    private static void FillShape(PredictedTokens tokens, IReadOnlyDictionary<string, double?> criteria, Span<float> into)
    {
        int n = tokens.Count;
        double[] gaps = new double[n], standard = new double[n], surprise = new double[n], entropy = new double[n];
        for (int i = 0; i < n; i++)
        {
            surprise[i] = -tokens.LogProb[i];
            entropy[i] = tokens.Entropy[i];
            gaps[i] = tokens.LogProb[i] + tokens.Entropy[i];
            standard[i] = gaps[i] / Math.Sqrt(tokens.Variance[i] + 0.05);
        }
        var gap = Moments(gaps);
        ReadOnlySpan<double> values =
        [
            (criteria["fast_detectgpt"] ?? 0) / Math.Sqrt(n),
            gap.Mean,
            -criteria["mean_loglik"]!.Value / (criteria["mean_entropy"]!.Value + 0.1),
            Moments(entropy).Deviation,
            Sums.Of(tokens.Variance) / n,
            gap.Deviation,
            gap.Skew,
            Autocorrelation(surprise),
            tokens.Rank.Count(rank => rank == 0) / (double)n,
            standard.Count(value => value < -2) / (double)n,
            standard.Count(value => value > 0.7) / (double)n,
            n < 2 ? 0 : surprise.AsSpan(n / 2).ToArray().Average() - surprise.AsSpan(0, n / 2).ToArray().Average(),
            Math.Log(n + 1),
        ];
        for (int i = 0; i < values.Length; i++) into[i] = (float)values[i];
    }

    private static (double Mean, double Deviation, double Skew) Moments(double[] values)
    {
        double mean = values.Average(), second = 0, third = 0;
        foreach (double value in values)
        {
            double off = value - mean;
            second += off * off;
            third += off * off * off;
        }
        double deviation = Math.Sqrt(second / values.Length);
        return (mean, deviation, deviation > 1e-6 ? third / values.Length / Math.Pow(deviation, 3) : 0);
    }

    /// <summary>Correlation of each value with the next.</summary>
    private static double Autocorrelation(double[] values)
    {
        double mean = values.Average(), own = 0, next = 0;
        for (int i = 0; i < values.Length; i++)
        {
            own += (values[i] - mean) * (values[i] - mean);
            if (i > 0) next += (values[i] - mean) * (values[i - 1] - mean);
        }
        return own > 1e-9 ? next / own : 0;
    }
}
