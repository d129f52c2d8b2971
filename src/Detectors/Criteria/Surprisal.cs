namespace Detection.Detectors.Criteria;

/// <summary>
/// The shape of −ln p over the tokens: <c>surprisal_std</c> (of the population), <c>_min</c>, <c>_max</c> and percentiles by linear interpolation.
/// People alternate between the expected and the surprising more than machines do.
/// </summary>
internal sealed class Surprisal : IDetector
{
    private static readonly int[] Percentiles = [10, 25, 50, 75, 90];

    public IReadOnlyList<string> Names { get; } =
        ["surprisal_std", "surprisal_min", "surprisal_max", .. Percentiles.Select(percent => $"surprisal_p{percent}")];

    public IReadOnlyList<double?> Detect(PredictedTokens tokens)
    {
        if (tokens.Count == 0) return new double?[Names.Count];
        double[] sorted = [.. tokens.LogProb.Select(logProb => -(double)logProb).Order()];
        double mean = sorted.Average();
        double variance = sorted.Sum(value => (value - mean) * (value - mean)) / sorted.Length;
        return [Math.Sqrt(variance), sorted[0], sorted[^1], .. Percentiles.Select(percent => (double?)Percentile(sorted, percent / 100.0))];
    }

    private static double Percentile(double[] sorted, double share)
    {
        double position = share * (sorted.Length - 1);
        int below = (int)position;
        return below + 1 < sorted.Length ? sorted[below] + (position - below) * (sorted[below + 1] - sorted[below]) : sorted[below];
    }
}
