namespace Detection.Detectors.Criteria;

/// <summary><c>gltr10</c>, <c>gltr100</c>, <c>gltr1000</c>: share of tokens among the model's first 10, 100, 1,000 choices (Gehrmann et al. 2019, arXiv 1906.04043).</summary>
internal sealed class Gltr : IDetector
{
    private static readonly int[] Bounds = [10, 100, 1000];

    public IReadOnlyList<string> Names { get; } = [.. Bounds.Select(bound => $"gltr{bound}")];

    public IReadOnlyList<double?> Detect(PredictedTokens tokens) =>
        [.. Bounds.Select(bound => tokens.Count == 0 ? (double?)null : tokens.Rank.Count(rank => rank < bound) / (double)tokens.Count)];
}
