namespace Detection.Detectors.Criteria;

/// <summary><c>mean_entropy</c> = (1/T) Σ H (Gehrmann et al. 2019). Chat models write where entropy is low, base models where it is not: the sign is left to the heads.</summary>
internal sealed class Entropy : IDetector
{
    public IReadOnlyList<string> Names { get; } = ["mean_entropy"];

    public IReadOnlyList<double?> Detect(PredictedTokens tokens) => [tokens.Count == 0 ? null : Sums.Of(tokens.Entropy) / tokens.Count];
}
