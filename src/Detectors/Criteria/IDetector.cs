namespace Detection.Detectors.Criteria;

/// <summary>One zero-shot signal: numbers read off what one forward pass said of a text. Names, values and signs are those of the literature, unflipped; logs are natural.</summary>
public interface IDetector
{
    /// <summary>The names that <see cref="Detect"/> gives, in its order.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>One value a name; null where the text is too short to say or the quotient has no denominator, never NaN or infinite.</summary>
    IReadOnlyList<double?> Detect(PredictedTokens tokens);
}
