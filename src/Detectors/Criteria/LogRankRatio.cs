namespace Detection.Detectors.Criteria;

/// <summary><c>lrr</c> = −Σ ln p / Σ ln r (DetectLLM, Su et al. 2023, arXiv 2306.05540); null where every token has rank 1.</summary>
internal sealed class LogRankRatio : IDetector
{
    public IReadOnlyList<string> Names { get; } = ["lrr"];

    public IReadOnlyList<double?> Detect(PredictedTokens tokens)
    {
        double logRanks = Sums.LogRanks(tokens);
        return [logRanks == 0 ? null : -Sums.Of(tokens.LogProb) / logRanks];
    }
}
