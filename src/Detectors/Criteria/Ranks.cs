namespace Detection.Detectors.Criteria;

/// <summary><c>mean_rank</c> and <c>mean_logrank</c> over ranks that begin at 1; machine text tends to be low (the origin code negates them).</summary>
internal sealed class Ranks : IDetector
{
    public IReadOnlyList<string> Names { get; } = ["mean_rank", "mean_logrank"];

    public IReadOnlyList<double?> Detect(PredictedTokens tokens)
    {
        if (tokens.Count == 0) return [null, null];
        double rank = 0;
        foreach (int r in tokens.Rank) rank += r + 1.0;
        return [rank / tokens.Count, Sums.LogRanks(tokens) / tokens.Count];
    }
}
