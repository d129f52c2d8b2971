using Detection.Contracts;
using Detection.Detectors.Heads;
using Detection.Learning.Metrics;

namespace Detection.Learning.Evaluating;

/// <summary>Authorship: people against machines.</summary>
internal static class SyntheticEvaluation
{
    private static readonly int[] Budgets = [20, 100, 1_000];

    /// <summary>Zero-shot columns with the sign of the literature: higher = machine.</summary>
    internal static readonly (string Name, string Criterion, int Sign)[] ZeroShot =
    [
        ("likelihood", "mean_loglik", 1), ("log-rank", "mean_logrank", -1), ("entropy", "mean_entropy", 1), ("LRR", "lrr", 1),
        ("Fast-DetectGPT", "fast_detectgpt", 1), ("ranks ≤ 10", "gltr10", 1),
    ];

    private static readonly string[] Bare = ["mean_word_length", "log_words"];

    public static SyntheticReport Of(IReadOnlyList<MeasuredRow> rows, FeatureLayout layout)
    {
        bool heads = HasHeads(rows);
        List<Column> columns = [.. Detectors(rows, layout).Select(column => Measure(column.Name, rows, column.Score))];
        foreach (string name in Bare) columns.Add(Measure(name, rows, row => row.Features.Dense[layout.Place(name)]));
        Func<MeasuredRow, double> best = heads ? Head : row => row.Features.Dense[layout.Place("mean_loglik")];
        return new SyntheticReport(rows.Count(row => row.Row.Machine == false), rows.Count(row => row.Row.Machine == true), columns, heads ? HeadOf(rows) : null, [.. Slices(rows, best)], heads ? Bias(rows) : null);
    }

    /// <summary>The head where there is one, and the criteria; higher = machine.</summary>
    internal static IEnumerable<(string Name, Func<MeasuredRow, double> Score)> Detectors(IReadOnlyList<MeasuredRow> rows, FeatureLayout layout)
    {
        if (HasHeads(rows)) yield return ("head", Head);
        foreach (var (name, criterion, sign) in ZeroShot)
        {
            int place = layout.Place(criterion);
            yield return (name, row => sign * row.Features.Dense[place]);
        }
        if (rows[0].Features.TwoModels.Length == 0) yield break;
        yield return ("Binoculars", row => OrHuman(-row.Features.TwoModels[0]));
        yield return ("Fast-DetectGPT, two models", row => OrHuman(row.Features.TwoModels[1]));
    }

    /// <summary>What the bundle's thresholds did.</summary>
    internal static DecidedReport Carried(IReadOnlyList<MeasuredRow> rows)
    {
        int people = rows.Count(row => row.Row.Machine == false), machines = rows.Count - people;
        int found = rows.Count(row => row.Row.Machine == true && IsMachine(row)), flagged = rows.Count(row => row.Row.Machine == false && IsMachine(row));
        return new DecidedReport(flagged, people, Interval.ClopperPearson(flagged, people), found, machines, Interval.Wilson(found, machines));
    }

    /// <summary>Without a value a text is as human as can be.</summary>
    private static double OrHuman(float value) => float.IsNaN(value) ? double.MinValue : value;

    /// <summary>Buckets of tokens, shortest first; <see cref="LengthOf"/> counts from 0.</summary>
    internal static IReadOnlyList<string> Lengths { get; } = ["under 50", "50–150", "150–400", "over 400"];

    internal static int LengthOf(int tokens) => tokens switch { < 50 => 0, < 150 => 1, <= 400 => 2, _ => 3 };

    internal static bool HasHeads(IReadOnlyList<MeasuredRow> rows) => rows[0].Judgement.Scores.Synthetic is not null;

    private static double Head(MeasuredRow row) => row.Judgement.Margins[HeadNames.Synthetic];

    private static Column Measure(string name, IReadOnlyList<MeasuredRow> rows, Func<MeasuredRow, double> score) =>
        new(name, Auroc(rows, score), ClusterBootstrap.Auroc([.. rows.Select(row => (score(row), row.Row.Machine == true, row.Cluster))], 500));

    private static double Auroc(IReadOnlyList<MeasuredRow> rows, Func<MeasuredRow, double> score) => Ranking.Auroc(
        [.. rows.Where(row => row.Row.Machine == false).Select(score)], [.. rows.Where(row => row.Row.Machine == true).Select(score)]);

    private static HeadReport HeadOf(IReadOnlyList<MeasuredRow> rows)
    {
        double[] humans = [.. rows.Where(row => row.Row.Machine == false).Select(Head)], machines = [.. rows.Where(row => row.Row.Machine == true).Select(Head)];
        var probabilities = rows.Select(row => (row.Judgement.Scores.Synthetic!.Value, row.Row.Machine == true)).ToArray();
        return new HeadReport(
            BudgetsOf(humans, machines),
            Carried(rows),
            rows.Count(row => row.Judgement.Authorship is not (Authorship.Human or Authorship.Machine)) / (double)rows.Count,
            rows.Count(row => row.Judgement.Authorship == Authorship.TooShort) / (double)rows.Count,
            Probabilities.ExpectedCalibrationError(probabilities), Probabilities.Brier(probabilities));
    }

    internal static IReadOnlyList<BudgetReport> BudgetsOf(double[] negatives, double[] positives) => [.. Budgets.Select(oneIn =>
        Ranking.AtFalsePositives(negatives, positives, oneIn) is { } point && positives.Length > 0
            ? new BudgetReport(oneIn, point, Interval.Wilson(point.Found, point.Machines))
            : new BudgetReport(oneIn, null, null))];

    private static bool IsMachine(MeasuredRow row) => row.Judgement.Authorship == Authorship.Machine;

    private static IEnumerable<Slice> Slices(IReadOnlyList<MeasuredRow> rows, Func<MeasuredRow, double> score)
    {
        var humans = rows.Where(row => row.Row.Machine == false).ToArray();
        foreach (var generator in rows.Where(row => row.Row.Generator is not null).GroupBy(row => row.Row.Generator!, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
            yield return SliceOf("generator", generator.Key, [.. humans, .. generator], score);
        // What was done to machines' texts (a second prompt, a person's text polished) leaves them more or less of a machine's.
        foreach (var variant in rows.Where(row => row.Row is { Machine: true, Variant: not null }).GroupBy(row => row.Row.Variant!, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
            yield return SliceOf("variant", variant.Key, [.. humans, .. variant], score);
        foreach (var domain in rows.GroupBy(row => row.Row.Domain, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
            yield return SliceOf("domain", domain.Key, [.. domain], score);
        foreach (var length in rows.GroupBy(row => LengthOf(row.Features.Tokens)).OrderBy(group => group.Key))
            yield return SliceOf("tokens", Lengths[length.Key], [.. length], score);
    }

    private static Slice SliceOf(string kind, string name, IReadOnlyList<MeasuredRow> rows, Func<MeasuredRow, double> score) =>
        new(kind, name, rows.Count(row => row.Row.Machine == false), rows.Count(row => row.Row.Machine == true), Auroc(rows, score), HasHeads(rows) ? Carried(rows) : null);

    /// <summary>Native are only rows marked so (published-numbers.md §7).</summary>
    private static BiasReport? Bias(IReadOnlyList<MeasuredRow> rows)
    {
        var native = rows.Where(row => row.Row is { Machine: false, Writer: "native" }).ToArray();
        var other = rows.Where(row => row.Row is { Machine: false, Writer: "non-native" }).ToArray();
        if (native.Length == 0 || other.Length == 0) return null;
        int nativeFlagged = native.Count(IsMachine), otherFlagged = other.Count(IsMachine);
        var difference = Interval.Newcombe(otherFlagged, other.Length, nativeFlagged, native.Length);
        string verdict = difference.Low > 0.01 ? "refuted: non-native writers pay" : difference.High <= 0.01 ? "shown: within one point" : "not shown: too few texts to say";
        return new BiasReport(nativeFlagged, native.Length, otherFlagged, other.Length, difference, verdict);
    }
}
