namespace Detection.Detectors.Criteria;

/// <summary><c>mean_loglik</c> = (1/T) Σ ln p; machine text tends to be high. The base line of GLTR (arXiv 1906.04043) and DetectGPT.</summary>
internal sealed class Likelihood : IDetector
{
    public IReadOnlyList<string> Names { get; } = ["mean_loglik"];

    public IReadOnlyList<double?> Detect(PredictedTokens tokens) => [tokens.Count == 0 ? null : Sums.Of(tokens.LogProb) / tokens.Count];
}
