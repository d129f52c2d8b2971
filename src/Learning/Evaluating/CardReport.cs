using System.Text.Json.Serialization;
using Detection.Learning.Metrics;

namespace Detection.Learning.Evaluating;

/// <summary>The figures of a model card: what a bundle does on labelled files of every task.</summary>
/// <param name="Model">Name and version.</param>
/// <param name="Sha256">Of <c>bundle.json</c>: the very bundle that was measured.</param>
/// <param name="Command">What made it, without files and folders.</param>
/// <param name="Rows">Which rows, in words.</param>
/// <param name="Research">The same rows by the heads that learned from restricted sources too; null: the bundle has none.</param>
/// <param name="Attacks">Null: not asked for.</param>
public sealed record CardReport(string Model, string Sha256, string Command, string Rows, IReadOnlyList<QuestionReport> Questions, IReadOnlyList<HeadFigures> Heads, IReadOnlyList<HeadFigures>? Research, AttackReport? Attacks);

/// <summary>One question: authorship, spam or phishing.</summary>
/// <param name="Budget">The share of negatives that the bundle's threshold may flag.</param>
/// <param name="FewestNegatives">With fewer, even none flagged does not show the budget.</param>
/// <param name="Lines">By source, channel, writer group and length; the last is all of them.</param>
/// <param name="Scores">Each text once, for the pictures.</param>
public sealed record QuestionReport(string Question, string Negatives, string Positives, double Budget, int FewestNegatives,
    IReadOnlyList<CardLine> Lines, IReadOnlyList<CoverageLine> Coverage, [property: JsonIgnore] IReadOnlyList<ScoredText> Scores);

/// <param name="Margin">What ranks.</param>
public readonly record struct ScoredText(double Margin, double Probability, bool Positive);

/// <summary>A count of so many, with its 95 % interval.</summary>
public sealed record Rate(int Count, int Of, Interval Interval)
{
    public double Value => Count / (double)Of;

    public static Rate Exact(int count, int of) => new(count, of, Interval.ClopperPearson(count, of));
}

/// <summary>One slice of the rows. Rates count a text once, however many rows hold it.</summary>
/// <param name="Kind"><c>source</c>, <c>channel</c>, <c>writer</c>, <c>tokens</c> or <c>all</c>.</param>
/// <param name="Auroc">Over the pairs of one file each; NaN where no file has both.</param>
/// <param name="AtOneIn20">Positives found where 5 % of the slice's own negatives are flagged; null: too few of either. Interval by clusters.</param>
/// <param name="AtOneIn100">The same for 1 %.</param>
/// <param name="Flagged">Negatives flagged by the bundle's threshold, of all of them.</param>
/// <param name="FlaggedOfDecided">The same of the negatives that got an answer: silence must not buy a rate.</param>
/// <param name="Found">Positives that the bundle's threshold found.</param>
/// <param name="Decided">Texts of either kind that got an answer.</param>
public sealed record CardLine(string Kind, string Name, int Negatives, int Positives, double Auroc, Interval AurocInterval, Rate? AtOneIn20, Rate? AtOneIn100,
    Rate Flagged, Rate FlaggedOfDecided, Rate Found, Rate Decided);

/// <summary>Whether the false-positive rates of verdicts keep what they say on the negatives of a source, or of all such sources.</summary>
/// <param name="HeldOut">The source neither taught nor calibrated; false: other rows of it did.</param>
/// <param name="Unrated">Texts for which a verdict states no rate: too short, unsupported, or of a kind with too little calibration.</param>
public sealed record CoverageLine(string Source, bool HeldOut, int Unrated, IReadOnlyList<CoverageRate> Rates);

/// <param name="Reached">Negatives whose verdict states <paramref name="Nominal"/> or less, of those with a rate.</param>
public sealed record CoverageRate(double Nominal, Rate Reached)
{
    /// <summary><c>kept</c>, <c>not kept</c> (the interval lies above), or <c>not shown</c>.</summary>
    public string Verdict => Reached.Interval.Low > Nominal ? "not kept" : Reached.Interval.High <= Nominal ? "kept" : "not shown";
}

/// <summary>One head on every row that is labelled for it.</summary>
/// <param name="Auroc">Over the pairs of one file each; as all ranking figures NaN where <see cref="CardTables.Fewest"/> of either answer are missing.</param>
/// <param name="F1">At the bundle's threshold.</param>
/// <param name="CalibrationError">15 bins of equal mass.</param>
public sealed record HeadFigures(string Head, int Rows, int Positives, double Auroc, Interval AurocInterval, double AveragePrecision, double F1, double CalibrationError, double Brier);
