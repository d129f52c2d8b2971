using System.Globalization;
using System.Text;
using Detection.Detectors;
using Detection.Detectors.Heads;
using Detection.Ingest;
using Detection.Learning.Data;
using Detection.Learning.Features;
using Detection.Learning.Heads;
using Detection.Learning.Metrics;

namespace Detection.Learning.Evaluating;

/// <summary>AUROC on one file by heads that never saw a row of its source.</summary>
/// <param name="Hidden">A head on pooled hidden states alone.</param>
/// <param name="Criteria">A head on zero-shot criteria alone.</param>
/// <param name="Criterion">The one criterion, with the one sign, that is best on the other sources.</param>
/// <param name="Tfidf">Words and pairs of words of the same rows.</param>
/// <param name="Floor">The sum of the z-scores of <paramref name="Hidden"/>, <paramref name="Criteria"/> and <paramref name="Tfidf"/> over the file: what published-numbers.md §2.7 calls "all".</param>
/// <param name="All">What a bundle's head reads but for words: hidden states, criteria and their products together, with length.</param>
/// <param name="AtBudgets">Of <paramref name="All"/>, thresholds on the file's own people: one in 20, 100, 1,000.</param>
public sealed record LeftOut(string File, int Rows, double Hidden, double Criteria, double Criterion, string CriterionName, double Tfidf, double Floor, double All, Interval AllInterval, IReadOnlyList<BudgetReport> AtBudgets);

/// <summary>
/// How authorship heads travel: for each group of sources (published-numbers.md §7), heads are trained on the study halves of all the others and thrown away after measuring.
/// Audit rows are measured only.
/// </summary>
public static class LeaveOneSourceOut
{
    private const string Criterion = "criterion";

    private static readonly (string Name, FeatureBlocks Blocks)[] Variants =
        [("hidden", FeatureBlocks.Hidden), ("criteria", FeatureBlocks.Criteria), ("all", FeatureBlocks.Hidden | FeatureBlocks.Criteria | FeatureBlocks.Products | FeatureBlocks.Surface)];

    /// <param name="rows">Rows of a file, half of each answer; published-numbers.md §2.7 takes 200.</param>
    public static IReadOnlyList<LeftOut> Run(DetectionPipeline pipeline, IReadOnlyList<string> files, int rows, string features, IProgress<string> progress, CancellationToken cancellation = default)
    {
        var examples = Read(pipeline, files, rows, features, cancellation);
        var results = new List<LeftOut>();
        foreach (string group in examples.Select(example => example.SourceGroup).Distinct(StringComparer.Ordinal).ToArray())
        {
            Example[] held = [.. examples.Where(example => example.SourceGroup == group)];
            Example[] others = [.. examples.Where(example => example.SourceGroup != group && example.Row.Split != "audit")];
            var space = FeatureSpace.Of(pipeline.Layout, [.. others.Select(example => example.Features)]);
            var taught = RowWeights.Of(HeadNames.Synthetic, others, space.Scale([.. others.Select(example => example.Features)]), OwnChannels.None);
            var scores = Variants.ToDictionary(variant => variant.Name, variant => Score(new HeadFitting(pipeline.Layout, space, variant.Blocks), taught, space, held, cancellation), StringComparer.Ordinal);
            var words = TfidfBaseline.Train(others.Select(example => example.Placed with { Use = RowUse.Teaches }), row => row.Machine);
            scores["tfidf"] = [.. held.Select(example => words.Probability(example.Row.Text))];
            var (criterion, score) = BestCriterion(pipeline.Layout, others);
            scores[Criterion] = [.. held.Select(score)];
            results.AddRange(held.Select(example => example.Row.File).Distinct(StringComparer.Ordinal).Select(file => Measure(file, held, scores, criterion)));
            progress.Report(string.Create(CultureInfo.InvariantCulture, $"left out {group}: {string.Join(", ", results.Where(result => held.Any(example => example.Row.File == result.File)).Select(result => $"{result.File} {result.All:F3}"))}"));
        }
        return results;
    }

    /// <summary>The results as a table (Markdown).</summary>
    public static string Table(IReadOnlyList<LeftOut> results)
    {
        var text = new StringBuilder("| left out | rows | hidden | criteria | best criterion | TF-IDF | sum of the three | all | interval | TPR @5 % | TPR @1 % |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (var row in results.OrderBy(row => row.File, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture,
                $"| {row.File.Split('/')[^1]} | {row.Rows} | {row.Hidden:F3} | {row.Criteria:F3} | {row.Criterion:F3} ({row.CriterionName}) | {row.Tfidf:F3} | {row.Floor:F3} | {row.All:F3} | {row.AllInterval.Low:F3}–{row.AllInterval.High:F3} | {Found(row.AtBudgets[0])} | {Found(row.AtBudgets[1])} |\n");
        string Mean(Func<LeftOut, double> value) => results.Average(value).ToString("F3", CultureInfo.InvariantCulture);
        return text.Append(CultureInfo.InvariantCulture,
            $"| mean | {results.Sum(row => row.Rows)} | {Mean(row => row.Hidden)} | {Mean(row => row.Criteria)} | {Mean(row => row.Criterion)} | {Mean(row => row.Tfidf)} | {Mean(row => row.Floor)} | {Mean(row => row.All)} | | | |\n").ToString();
    }

    private static string Found(BudgetReport budget) => budget is { Point: { } point, TruePositives: { } interval }
        ? string.Create(CultureInfo.InvariantCulture, $"{point.TruePositiveRate:F2} [{interval.Low:F2}, {interval.High:F2}]")
        : "n too small";

    private static List<Example> Read(DetectionPipeline pipeline, IReadOnlyList<string> files, int rows, string features, CancellationToken cancellation)
    {
        using var store = FeatureStore.Open(features, pipeline);
        var examples = new List<Example>();
        foreach (string file in files)
        {
            var placed = LabelledSet.Of([.. LabelledFile.Read(file)]).Rows.Where(row => row.Row.Machine is not null).Select(row => row with { Use = RowUse.Measured });
            var chosen = EvaluationRows.Choose(placed, final: false, null, rows, row => row.Machine == true);
            var messages = chosen.Select(row => MessageExtraction.Extract(row.Row.Message, new IngestOptions())).ToArray();
            examples.AddRange(store.Of(messages, null, cancellation).Select((read, i) => new Example(chosen[i], messages[i].Channel, read)));
        }
        return examples;
    }

    private static double[] Score(HeadFitting fitting, TaughtExamples taught, FeatureSpace space, Example[] held, CancellationToken cancellation)
    {
        var heads = space.Scaling.With([fitting.Fit(taught, cancellation).Uncalibrated()]);
        return [.. held.Select(example => (double)heads.Margins(example.Features.ForHeads)[0])];
    }

    /// <summary>Of every criterion with either sign, the one whose AUROC is highest on average over the files.</summary>
    private static (string Name, Func<Example, double> Score) BestCriterion(FeatureLayout layout, Example[] examples) => SyntheticEvaluation.ZeroShot
        .SelectMany(criterion => new[] { 1, -1 }.Select(sign =>
        {
            int place = layout.Place(criterion.Criterion);
            return (Name: (sign == criterion.Sign ? "" : "−") + criterion.Name, Score: (Func<Example, double>)(example => sign * example.Features.Dense[place]));
        }))
        .MaxBy(one => examples.GroupBy(example => example.Row.File, StringComparer.Ordinal).Average(file => Auroc([.. file], one.Score)));

    private static LeftOut Measure(string file, Example[] held, Dictionary<string, double[]> scores, string criterion)
    {
        int[] rows = [.. Enumerable.Range(0, held.Length).Where(i => held[i].Row.File == file)];
        double[] z = [.. rows.Select(_ => 0.0)];
        foreach (string part in new[] { "hidden", "criteria", "tfidf" })
        {
            double[] values = [.. rows.Select(i => scores[part][i])];
            double mean = values.Average(), deviation = Math.Max(1e-12, Math.Sqrt(values.Average(value => (value - mean) * (value - mean))));
            for (int i = 0; i < z.Length; i++) z[i] += (values[i] - mean) / deviation;
        }
        double[] Of(bool machine, Func<int, double> score) => [.. Enumerable.Range(0, rows.Length).Where(at => held[rows[at]].Row.Machine == machine).Select(score)];
        double Measured(Func<int, double> score) => Ranking.Auroc(Of(false, score), Of(true, score));
        double Auroc(string variant) => Measured(at => scores[variant][rows[at]]);
        var interval = ClusterBootstrap.Auroc([.. rows.Select(i => (scores["all"][i], held[i].Row.Machine == true, held[i].Row.Group ?? held[i].Placed.Cluster))], 500);
        var budgets = SyntheticEvaluation.BudgetsOf(Of(false, at => scores["all"][rows[at]]), Of(true, at => scores["all"][rows[at]]));
        return new LeftOut(file, rows.Length, Auroc("hidden"), Auroc("criteria"), Auroc(Criterion), criterion, Auroc("tfidf"), Measured(at => z[at]), Auroc("all"), interval, budgets);
    }

    private static double Auroc(Example[] examples, Func<Example, double> score) => Ranking.Auroc(
        [.. examples.Where(example => example.Row.Machine == false).Select(score)], [.. examples.Where(example => example.Row.Machine == true).Select(score)]);
}
