using System.Collections.Frozen;

namespace Detection.Detectors.Criteria;

/// <summary>All zero-shot criteria of a text, from one forward pass.</summary>
public static class ZeroShot
{
    private static readonly IDetector[] Detectors =
        [new Likelihood(), new Ranks(), new Entropy(), new LogRankRatio(), new FastDetectGpt(), new Gltr(), new Surprisal(), new TwoModels()];

    /// <summary>Every name, in the order of <see cref="Measure"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Detectors.SelectMany(detector => detector.Names)];

    private static readonly FrozenDictionary<string, int> Places = Names.Select((name, at) => (name, at)).ToFrozenDictionary(one => one.name, one => one.at);

    public static IReadOnlyDictionary<string, double?> Measure(PredictedTokens tokens) =>
        Names.Zip(Values(tokens)).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);

    /// <summary>Where a criterion stands in <see cref="Names"/>.</summary>
    /// <exception cref="KeyNotFoundException">No criterion has this name.</exception>
    public static int Place(string name) => Places[name];

    private static IEnumerable<double?> Values(PredictedTokens tokens) => Detectors.SelectMany(detector => detector.Detect(tokens));
}
