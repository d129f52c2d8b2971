using Detection.Contracts;
using Detection.Detectors.Criteria;
using Detection.Detectors.Heads;
using Detection.Detectors.Passages;
using Detection.Text;

namespace Detection.Detectors;

/// <summary>What the model saw of one message: everything that heads, calibration and evidence are made from, in training as in serving.</summary>
public sealed record Reading
{
    /// <summary>As extracted.</summary>
    public required Message Message { get; init; }

    /// <summary>The judged text as the model reads it.</summary>
    public required string Normalised { get; init; }

    /// <summary>Tokens read.</summary>
    public required int Tokens { get; init; }

    /// <summary>The message had more tokens than are read.</summary>
    public required bool Truncated { get; init; }

    /// <summary>False: the text is in a language that the model was not made for.</summary>
    public required bool Supported { get; init; }

    public required PredictedTokens Predicted { get; init; }
    public required TextFeatures Features { get; init; }

    /// <summary>A score a token, with places in the stored text.</summary>
    public required TokenScoreMap Map { get; init; }

    /// <summary>What the authorship head makes of single passages; empty where nobody asked, or the text is too short to have several.</summary>
    public IReadOnlyList<Passage> Passages { get; init; } = [];

    /// <summary>Where a technique is, for a technique that the text uses; null where no head points at its places. Null: the reading was not made to be judged, or no head points at any.</summary>
    internal Func<string, IReadOnlyList<EvidenceSpan>?>? PointAt { get; init; }

    /// <summary>The first half of the tokens as if the text ended there, from the same pass; put together only when asked for. Null: the reading was not made to be judged.</summary>
    internal Func<TextToJudge>? FirstHalf { get; init; }

    /// <summary>What the make-up of the message says, observation by observation.</summary>
    public IReadOnlyList<Evidence> Structure { get; init; } = [];

    /// <summary>How much was normalised away, in numbers. No head of today reads them.</summary>
    public NormalisationSignals Signals => MeasureSignals?.Invoke() ?? NormalisationSignals.None;

    /// <summary>Counts tokens of the text as it was before: done only when asked for.</summary>
    internal Func<NormalisationSignals>? MeasureSignals { get; init; }
}
