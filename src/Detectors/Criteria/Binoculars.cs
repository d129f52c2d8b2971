namespace Detection.Detectors.Criteria;

/// <summary>
/// <c>binoculars</c> = mean of −ln p_performer over T, over the mean cross-entropy of observer and performer over all L positions (Hans et al. 2024, arXiv 2401.12070,
/// as its code has it: the log perplexity is the performer's); machine text is low. Null where no second model is configured.
/// </summary>
internal sealed class Binoculars : IDetector
{
    public IReadOnlyList<string> Names { get; } = ["binoculars"];

    public IReadOnlyList<double?> Detect(PredictedTokens tokens)
    {
        if (tokens.Count == 0 || tokens.Second is not { CrossEntropy.Length: > 0 } second) return [null];
        double crossEntropy = Sums.Of(second.CrossEntropy) / second.CrossEntropy.Length;
        return [crossEntropy > 0 ? -Sums.Of(tokens.LogProb) / tokens.Count / crossEntropy : null];
    }
}
