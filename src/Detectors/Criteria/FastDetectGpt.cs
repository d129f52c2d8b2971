namespace Detection.Detectors.Criteria;

/// <summary>
/// <c>fast_detectgpt</c> = Σ (ln p + H) / √Σ σ², the analytic form with one model (Bao et al. 2023, arXiv 2310.05130). Grows like √T at a constant gap a token,
/// so that no one threshold fits all lengths.
/// </summary>
internal sealed class FastDetectGpt : IDetector
{
    public IReadOnlyList<string> Names { get; } = ["fast_detectgpt"];

    public IReadOnlyList<double?> Detect(PredictedTokens tokens)
    {
        double variance = Sums.Of(tokens.Variance);
        return [variance > 0 ? (Sums.Of(tokens.LogProb) + Sums.Of(tokens.Entropy)) / Math.Sqrt(variance) : null];
    }
}
