using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Detectors.Heads;
using Detection.Learning.Data;
using Detection.Learning.Heads;
using Detection.Learning.Metrics;

namespace Detection.Learning.Evaluating;

/// <summary>Measured rows to the figures of a model card. Pure.</summary>
internal static class CardTables
{
    /// <summary>Fewer of either answer rank nothing: the one next wrong would move AUROC by more than a twentieth.</summary>
    public const int Fewest = 20;

    private static readonly double[] Nominal = [0.01, 0.05, 0.10];

    private static readonly Question[] EveryQuestion =
    [
        new(HeadNames.Synthetic, "authorship", "people", "machines", row => row.Machine, judgement => judgement.Authorship is Authorship.Machine or Authorship.Human),
        new(HeadNames.Spam, "spam", "ham", "unwanted", row => row.Mail is { } mail ? mail != MailKind.Ham : null, judgement => judgement.Decided.Mail != MailKind.Unsure),
        // Against ham alone: spam that is called phishing is no false alarm.
        new(HeadNames.Phishing, "phishing", "ham", "phishing", row => row.Mail switch { MailKind.Phishing => true, MailKind.Ham => false, _ => null }, judgement => judgement.Decided.Mail != MailKind.Unsure),
    ];

    /// <summary>Questions that the bundle has a head for and the rows an answer.</summary>
    public static IReadOnlyList<QuestionReport> Questions(IReadOnlyList<MeasuredRow> rows, BundleManifest manifest) => [.. EveryQuestion.Select(question =>
    {
        Asked[] asked = [.. rows.Where(row => row.Judgement.Margins.ContainsKey(question.Head) && question.Gold(row.Row) is not null).Select(row => new Asked(row, question.Gold(row.Row) == true, question))];
        double budget = (question.Head switch { HeadNames.Synthetic => manifest.Decisions.Synthetic, HeadNames.Spam => manifest.Decisions.Spam, _ => manifest.Decisions.Phishing }).Budget;
        return new QuestionReport(question.Name, question.Negatives, question.Positives, budget, FewestFor(budget), asked.Length == 0 ? [] : [.. Lines(asked)], [.. Coverage(asked, manifest)],
            [.. Distinct(asked).Select(one => new ScoredText(one.Margin, Probability(one.Row.Judgement, question.Head)!.Value, one.Positive))]);
    }).Where(report => report.Lines.Count > 0)];

    /// <summary>Every head of the bundle that a row is labelled for.</summary>
    public static IReadOnlyList<HeadFigures> Heads(IReadOnlyList<MeasuredRow> rows) =>
        [.. HeadNames.All.Select(head => Figures(head, [.. rows.Where(row => row.Judgement.Margins.ContainsKey(head) && HeadTargets.Of(row.Row, head) is not null)])).Where(figures => figures.Rows > 0)];

    /// <summary>The least n for which none flagged of n shows the budget with 95 % confidence, one-sided: 299 for 1 %.</summary>
    internal static int FewestFor(double budget) => (int)Math.Ceiling(Math.Log(0.05) / Math.Log(1 - budget));

    private static IEnumerable<CardLine> Lines(Asked[] rows)
    {
        foreach (var source in rows.GroupBy(one => one.Row.Row.File, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
            yield return Line("source", source.Key, [.. source]);
        foreach (var channel in rows.GroupBy(one => one.Row.Row.Message.Channel.Name(), StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
            yield return Line("channel", channel.Key, [.. channel]);
        foreach (var writer in rows.Where(one => one.Row.Row.Writer is not null).GroupBy(one => one.Row.Row.Writer!, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
            yield return Line("writer", writer.Key, [.. writer]);
        foreach (var length in rows.GroupBy(one => SyntheticEvaluation.LengthOf(one.Row.Features.Tokens)).OrderBy(group => group.Key))
            yield return Line("tokens", SyntheticEvaluation.Lengths[length.Key], [.. length]);
        yield return Line("all", "all", rows);
    }

    private static CardLine Line(string kind, string name, Asked[] rows)
    {
        var (auroc, interval) = Auroc([.. rows.Select(one => (one.Row, one.Margin, one.Positive))]);
        Asked[] once = Distinct(rows), people = [.. once.Where(one => !one.Positive)], positives = [.. once.Where(one => one.Positive)];
        int flagged = people.Count(one => one.SaysYes), found = positives.Count(one => one.SaysYes), decided = once.Count(one => one.IsDecided);
        return new CardLine(kind, name, rows.Count(one => !one.Positive), rows.Count(one => one.Positive), auroc, interval, FoundAt(once, 20), FoundAt(once, 100),
            Rate.Exact(flagged, people.Length), Rate.Exact(flagged, people.Count(one => one.IsDecided)),
            new Rate(found, positives.Length, Interval.Wilson(found, positives.Length)), new Rate(decided, once.Length, Interval.Wilson(decided, once.Length)));
    }

    private static (double Auroc, Interval Interval) Auroc((MeasuredRow Row, double Margin, bool Positive)[] rows)
    {
        int positives = rows.Count(row => row.Positive);
        if (positives < Fewest || rows.Length - positives < Fewest) return (double.NaN, new Interval(double.NaN, double.NaN));
        var within = new WithinFiles([.. rows.Select(row => (row.Margin, row.Positive, row.Row.Row.File))]);
        return (within.Auroc(), ClusterBootstrap.Of([.. rows.Select(row => Cluster(row.Row))], within.Auroc));
    }

    private static Rate? FoundAt(Asked[] rows, int oneIn)
    {
        double[] negatives = [.. rows.Where(one => !one.Positive).Select(one => one.Margin)], positives = [.. rows.Where(one => one.Positive).Select(one => one.Margin)];
        if (positives.Length < Fewest || Ranking.AtFalsePositives(negatives, positives, oneIn) is not { } point) return null;
        return new Rate(point.Found, point.Machines, ClusterBootstrap.Found([.. rows.Select(one => (one.Margin, one.Positive, Cluster(one.Row)))], oneIn));
    }

    /// <summary>First the sources that are strangers to the heads, then the rows of the others that are only measured.</summary>
    private static IEnumerable<CoverageLine> Coverage(Asked[] asked, BundleManifest manifest)
    {
        var known = manifest.Training.Select(source => SplitRules.SourceGroup(source.Source)).ToHashSet(StringComparer.Ordinal);
        foreach (var part in asked.Where(one => !one.Positive).GroupBy(one => !known.Contains(SplitRules.SourceGroup(one.Row.Row.File))).OrderByDescending(group => group.Key))
        {
            Asked[] people = [.. part.Where(one => part.Key || one.Row.Placed.Use == RowUse.Measured)];
            if (people.Length == 0) continue;
            foreach (var source in people.GroupBy(one => one.Row.Row.File, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
                yield return CoverageOf(source.Key, part.Key, [.. source]);
            yield return CoverageOf("all", part.Key, people);
        }
    }

    private static CoverageLine CoverageOf(string source, bool heldOut, Asked[] people)
    {
        Asked[] once = Distinct(people);
        double[] rates = [.. once.Select(one => one.Row.Judgement.FalsePositiveRate.GetValueOrDefault(one.Question.Head)?.Rate).OfType<double>()];
        return new CoverageLine(source, heldOut, once.Length - rates.Length, [.. Nominal.Select(nominal => new CoverageRate(nominal, Rate.Exact(rates.Count(rate => rate <= nominal), rates.Length)))]);
    }

    private static HeadFigures Figures(string head, MeasuredRow[] rows)
    {
        bool Gold(MeasuredRow row) => HeadTargets.Of(row.Row, head) == true;
        int positives = rows.Count(Gold);
        bool enough = positives >= Fewest && rows.Length - positives >= Fewest;
        // Where a technique is silent it has a margin and no probability: not named, and nothing to calibrate.
        (double, bool)[] probabilities = [.. rows.Select(row => (Probability: Probability(row.Judgement, head), Gold: Gold(row))).Where(one => one.Probability is not null).Select(one => (one.Probability!.Value, one.Gold))];
        var (auroc, interval) = Auroc([.. rows.Select(row => (row, (double)row.Judgement.Margins[head], Gold(row)))]);
        return new HeadFigures(head, rows.Length, positives, auroc, interval,
            enough ? Ranking.AveragePrecision(probabilities) : double.NaN,
            enough ? Counts.Of(rows.Select(row => (SaysYes(row.Judgement, head), Gold(row)))).F1 : double.NaN,
            probabilities.Length < Fewest ? double.NaN : Probabilities.ExpectedCalibrationError(probabilities), probabilities.Length < Fewest ? double.NaN : Probabilities.Brier(probabilities));
    }

    /// <summary>Files of one source group share their people, and a cluster's name is its file's.</summary>
    private static string Cluster(MeasuredRow row) => $"{SplitRules.SourceGroup(row.Row.File)} {row.Cluster}";

    private static Asked[] Distinct(IEnumerable<Asked> rows) => [.. rows.DistinctBy(one => (one.Row.Row.Text, one.Positive))];

    private static double? Probability(Judgement judgement, string head) => head switch
    {
        HeadNames.Synthetic => judgement.Scores.Synthetic,
        HeadNames.Spam => judgement.Scores.Spam,
        HeadNames.Phishing => judgement.Scores.Phishing,
        _ => judgement.Manipulation.GetValueOrDefault(head),
    };

    private static bool SaysYes(Judgement judgement, string head) => head switch
    {
        HeadNames.Synthetic => judgement.Authorship == Authorship.Machine,
        HeadNames.Spam => judgement.Decided.Mail is MailKind.Spam or MailKind.Phishing,
        HeadNames.Phishing => judgement.Decided.Mail == MailKind.Phishing,
        _ => judgement.Decided.Techniques.Contains(head),
    };

    /// <param name="Gold">Null: the row is not about it.</param>
    private sealed record Question(string Head, string Name, string Negatives, string Positives, Func<LabelledRow, bool?> Gold, Func<Judgement, bool> IsDecided);

    private sealed record Asked(MeasuredRow Row, bool Positive, Question Question)
    {
        public double Margin => Row.Judgement.Margins[Question.Head];
        public bool SaysYes => CardTables.SaysYes(Row.Judgement, Question.Head);
        public bool IsDecided => Question.IsDecided(Row.Judgement);
    }
}
