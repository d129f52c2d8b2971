using Detection.Learning.Data;
using Detection.Learning.Metrics;

namespace Detection.Learning.Evaluating;

/// <summary>Figures of one evaluation, file by file: one pooled figure would mix eras, registers and lengths.</summary>
/// <param name="Model">Name and version.</param>
/// <param name="Rows">Which rows, in words.</param>
public sealed record EvaluationReport(string Model, LearningTask Task, string Rows, bool Final, IReadOnlyList<FileReport> Files);

/// <summary>One file. Only the part of its task is filled.</summary>
public sealed record FileReport(string File, int Rows, int Distinct)
{
    public SyntheticReport? Synthetic { get; init; }
    public IReadOnlyList<MailReport>? Mail { get; init; }
    public TechniqueReport? Techniques { get; init; }

    /// <summary>Null where annotators marked no places.</summary>
    public SpanReport? Spans { get; init; }
}

/// <param name="Columns">AUROC by column: <c>head</c> where there is one, zero-shot criteria with the sign of the literature (higher = machine), bare surface features.</param>
/// <param name="Head">Null for a model without heads.</param>
public sealed record SyntheticReport(int Humans, int Machines, IReadOnlyList<Column> Columns, HeadReport? Head, IReadOnlyList<Slice> Slices, BiasReport? Bias);

public sealed record Column(string Name, double Auroc, Interval Interval);

/// <param name="AtBudget">By its own humans: one in 20, 100, 1,000; null where they are too few to show it.</param>
/// <param name="Carried">What the bundle's thresholds really did.</param>
/// <param name="Silent">Share of rows that got no answer: too short, unsure, unsupported.</param>
public sealed record HeadReport(IReadOnlyList<BudgetReport> AtBudget, DecidedReport Carried, double Silent, double TooShort, double CalibrationError, double Brier);

public sealed record BudgetReport(int OneIn, OperatingPoint? Point, Interval? TruePositives);

/// <summary>Flagged of negatives with the exact interval, found of positives with Wilson's; over all rows, silence counted as no.</summary>
public sealed record DecidedReport(int Flagged, int Negatives, Interval FalsePositives, int Found, int Positives, Interval TruePositives);

/// <summary>AUROC of the best column (the head, else likelihood) over one generator, variant, domain or length.</summary>
/// <param name="Decided">What the bundle's thresholds did; null without heads.</param>
public sealed record Slice(string Kind, string Name, int Humans, int Machines, double Auroc, DecidedReport? Decided);

/// <param name="Verdict">In words: shown, not shown, or refuted.</param>
public sealed record BiasReport(int NativeFlagged, int Native, int NonNativeFlagged, int NonNative, Interval Difference, string Verdict);

/// <param name="Question"><c>spam</c> (unwanted) or <c>phishing</c>.</param>
/// <param name="AtHalf">At P ≥ 0.5.</param>
/// <param name="Decided">By the bundle's thresholds.</param>
public sealed record MailReport(string Question, string Part, int Ham, int Positives, Counts AtHalf, Counts Decided, Interval HamFlagged, double Auroc,
    IReadOnlyList<BudgetReport> AtBudget, double CalibrationError, double Brier, double? TfidfF1);

/// <param name="Omitted">Heads that the file annotates but that have no positive row here.</param>
public sealed record TechniqueReport(double MicroF1, double MacroF1, IReadOnlyList<TechniqueLine> Heads, IReadOnlyList<string> Omitted, double? TfidfMicroF1);

public sealed record TechniqueLine(string Head, Counts Counts, double AveragePrecision, double CalibrationError, double Brier);

/// <summary>Places of techniques.</summary>
/// <param name="Texts">Whose places annotators looked for.</param>
/// <param name="All">Over all techniques: numbers of places and sums of overlaps are added.</param>
public sealed record SpanReport(int Texts, IReadOnlyList<SpanLine> Lines, SpanLine All)
{
    /// <summary>The method of <see cref="SpanFigure"/> that verdicts take: heads that point at places, else sentences.</summary>
    public const string Evidence = "evidence";
}

public sealed record SpanLine(string Technique, IReadOnlyList<SpanFigure> Figures);

/// <param name="Named">Over all texts; places only of techniques that the bundle names, as evidence shows them.</param>
/// <param name="Given">Over the texts that use the technique, as if it were always named there and nowhere else.</param>
public sealed record SpanFigure(string Method, SpanScore Named, SpanScore Given);
