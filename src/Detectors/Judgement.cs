using Detection.Contracts;
using Detection.Detectors.Passages;

namespace Detection.Detectors;

/// <summary>What heads, calibration and thresholds make of one reading.</summary>
public sealed record Judgement
{
    public required Scores Scores { get; init; }
    public required Authorship Authorship { get; init; }
    public required Decided Decided { get; init; }
    public required IReadOnlyDictionary<string, double?> Manipulation { get; init; }
    public required IReadOnlyDictionary<string, FalsePositiveRate> FalsePositiveRate { get; init; }

    /// <summary>Margins by head, before calibration; empty without heads.</summary>
    public required IReadOnlyDictionary<string, float> Margins { get; init; }

    /// <summary>Those that stand out as machine-written, in the order of the text.</summary>
    public IReadOnlyList<Passage> Passages { get; init; } = [];

    /// <summary>
    /// A head was asked and left its question open: who wrote it, or what kind of mail it is. Not of a text that is too short or in another language: there another model has no more to go by.
    /// </summary>
    public bool IsUnsure => Authorship is not (Authorship.TooShort or Authorship.Unsupported)
        && (Authorship == Authorship.Unsure && Scores.Synthetic is not null || Decided.Mail == MailKind.Unsure && Scores.Spam is not null);

    /// <summary>A model without heads: nothing is said.</summary>
    public static Judgement Silent(bool supported) => new()
    {
        Scores = Scores.None,
        Authorship = supported ? Authorship.Unsure : Authorship.Unsupported,
        Decided = new Decided(MailKind.Unsure, []),
        Manipulation = new Dictionary<string, double?>(),
        FalsePositiveRate = new Dictionary<string, FalsePositiveRate>(),
        Margins = new Dictionary<string, float>(),
    };
}
