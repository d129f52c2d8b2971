namespace Detection.Detectors.Criteria;

/// <summary>
/// <c>binoculars</c> = mean of −ln p_performer over T, over the mean cross-entropy of observer and performer over all L positions (Hans et al. 2024, arXiv 2401.12070,
/// as its code has it: the log perplexity is the performer's); machine text is low. <c>fast_detectgpt_two</c> = Σ (ln p_performer + cross-entropy) / √Σ σ², the standardised difference of the
/// same two sums (Bao et al. 2023, arXiv 2310.05130, the analytic form with two models); machine text is high. Null where no second model is configured.
/// </summary>
internal sealed class TwoModels : IDetector
{
    public IReadOnlyList<string> Names { get; } = ["binoculars", "fast_detectgpt_two"];

    public IReadOnlyList<double?> Detect(PredictedTokens tokens)
    {
        if (tokens.Count == 0 || tokens.Second is not { CrossEntropy.Length: > 0 } second) return [null, null];
        double crossEntropy = Sums.Of(second.CrossEntropy) / second.CrossEntropy.Length, variance = Sums.Of(second.Variance);
        double difference = Sums.Of(second.LogProb) + Sums.Of(second.CrossEntropy.AsSpan(0, second.LogProb.Length));
        return [crossEntropy > 0 ? -Sums.Of(tokens.LogProb) / tokens.Count / crossEntropy : null, variance > 0 ? difference / Math.Sqrt(variance) : null];
    }
}
