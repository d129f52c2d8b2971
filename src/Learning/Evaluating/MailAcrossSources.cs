using System.Globalization;
using System.Text;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Heads;
using Detection.Ingest;
using Detection.Learning.Data;
using Detection.Learning.Features;
using Detection.Learning.Heads;
using Detection.Learning.Metrics;

namespace Detection.Learning.Evaluating;

/// <summary>One file by heads that learned elsewhere.</summary>
/// <param name="Taught">What taught: <c>other sources</c>, <c>same source too</c> or an era.</param>
public sealed record MailAcross(string Taught, string File, int Ham, int Unwanted, IReadOnlyList<MailColumn> Columns);

/// <param name="AtEven">At even odds: nothing of the measured file sets the threshold.</param>
/// <param name="HamFlagged">The exact interval.</param>
public sealed record MailColumn(string Name, double Auroc, Interval AurocInterval, Counts AtEven, Interval F1Interval, Interval HamFlagged);

/// <summary>
/// How heads for unwanted mail travel: for each group of sources (published-numbers.md §7) heads are trained on all the others and thrown away after measuring; the same with rows of the source
/// (folds of clusters) and between eras. Rows: study halves of train and dev; no test row. Machine-written mail with an intent counts as mail, its human side (copies of SpamAssassin) does not.
/// Rows beyond those that are measured teach by words and make-up alone.
/// </summary>
public static class MailAcrossSources
{
    private const int Draws = 500;
    private const string Joint = HeadsElsewhere.Joint, Floor = HeadsElsewhere.Floor;

    private static readonly HeadStrength Strength = new(0.1, 10, double.NaN);

    private static readonly (string Name, FeatureBlocks Blocks)[] Variants =
        [("model", HeadsElsewhere.OfModel), ("words", FeatureBlocks.Words), ("structure", FeatureBlocks.Structure), (Joint, FeatureBlocks.All)];

    /// <param name="rows">Most rows of a file, half of each answer where it has as many.</param>
    public static IReadOnlyList<MailAcross> Run(DetectionPipeline pipeline, IReadOnlyList<string> files, int rows, string features, IProgress<string> progress, CancellationToken cancellation = default)
    {
        var (read, unread) = HeadsElsewhere.Read(pipeline, files, row => row.Row.Mail is not null && row.Row.Split != "test" && (row.Row.Task == LearningTask.Spam || row.Row.Machine == true),
            row => row.Mail != MailKind.Ham, rows, features, progress, cancellation);
        Example[] examples = [.. read];
        var results = new List<MailAcross>();
        void Add(string taught, Example[] learn, Example[] held)
        {
            string[] teachers = [.. learn.Select(example => example.Row.File).Distinct(StringComparer.Ordinal)];
            learn = [.. learn, .. unread.Where(example => teachers.Contains(example.Row.File))];
            if (!learn.Any(IsUnwanted) || learn.All(IsUnwanted) || held.Length == 0) return;
            results.AddRange(Measure(taught, held, Scores(pipeline.Layout, learn, held, cancellation)));
            foreach (var result in results.TakeLast(held.Select(example => example.Row.File).Distinct(StringComparer.Ordinal).Count()))
                progress.Report(string.Create(CultureInfo.InvariantCulture, $"{taught}, {result.File}: {string.Join(", ", result.Columns.Select(column => $"{column.Name} {column.Auroc:F3}"))}"));
        }

        foreach (string group in examples.Select(example => example.SourceGroup).Distinct(StringComparer.Ordinal).ToArray())
            Add("other sources", [.. examples.Where(example => example.SourceGroup != group)], [.. examples.Where(example => example.SourceGroup == group)]);
        foreach (string era in examples.Select(example => SplitRules.Era(example.Row.File)).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray())
            Add(era, [.. examples.Where(example => SplitRules.Era(example.Row.File) == era)], [.. examples.Where(example => SplitRules.Era(example.Row.File) is { } other && other != era)]);
        results.AddRange(Measure("same source too", examples, InFolds(pipeline.Layout, examples, unread, cancellation)));
        return results;
    }

    /// <summary>The results as tables (Markdown).</summary>
    public static string Table(IReadOnlyList<MailAcross> results)
    {
        var text = new StringBuilder();
        foreach (var taught in results.GroupBy(result => result.Taught, StringComparer.Ordinal))
        {
            string[] names = [.. taught.First().Columns.Select(column => column.Name)];
            text.Append(CultureInfo.InvariantCulture, $"## Taught by: {taught.Key}\n\n| file | ham / unwanted |").AppendJoin(" |", names.Select(name => $" AUROC {name}"))
                .Append(" | 95 % | F1 all | 95 % | F1 TF-IDF | ham flagged (all) | 95 % |\n|---|---|").Insert(text.Length, "---|", names.Length + 6).Append('\n');
            foreach (var row in taught)
            {
                var all = row.Columns.First(column => column.Name == Joint);
                text.Append(CultureInfo.InvariantCulture, $"| {row.File.Split('/')[^1]} | {row.Ham} / {row.Unwanted} |").AppendJoin(" |", row.Columns.Select(column => " " + EvaluationText.Short(column.Auroc)))
                    .Append(CultureInfo.InvariantCulture, $" | {Range(all.AurocInterval)} | {EvaluationText.Short(all.AtEven.F1)} | {Range(all.F1Interval)} | {EvaluationText.Short(row.Columns.First(column => column.Name == Floor).AtEven.F1)} | {all.AtEven.FalsePositives} of {row.Ham} | {Range(all.HamFlagged)} |\n");
            }
            text.Append("| mean | |").AppendJoin(" |", names.Select(name => " " + EvaluationText.Short(Mean(taught.Select(row => row.Columns.First(column => column.Name == name).Auroc)))))
                .Append(CultureInfo.InvariantCulture, $" | | {EvaluationText.Short(taught.Average(row => row.Columns.First(column => column.Name == Joint).AtEven.F1))} | | {EvaluationText.Short(taught.Average(row => row.Columns.First(column => column.Name == Floor).AtEven.F1))} | | |\n\n");
        }
        return text.ToString();
    }

    private static Dictionary<string, double[]> Scores(FeatureLayout layout, Example[] learn, Example[] held, CancellationToken cancellation) =>
        new HeadsElsewhere(layout, learn).Scores(HeadNames.Spam, OwnChannels.Of(HeadNames.Spam, learn), Variants, Strength, held, cancellation);

    /// <summary>Every row by heads that learned from the other two thirds of the clusters of all files.</summary>
    private static Dictionary<string, double[]> InFolds(FeatureLayout layout, Example[] examples, List<Example> unread, CancellationToken cancellation)
    {
        var scores = new Dictionary<string, double[]>(StringComparer.Ordinal);
        foreach (var (held, learn) in HeadsElsewhere.InFolds(examples, unread))
            foreach (var (name, part) in Scores(layout, learn, [.. held.Select(i => examples[i])], cancellation))
            {
                if (!scores.TryGetValue(name, out double[]? whole)) scores[name] = whole = new double[examples.Length];
                for (int i = 0; i < held.Length; i++) whole[held[i]] = part[i];
            }
        return scores;
    }

    private static IEnumerable<MailAcross> Measure(string taught, Example[] held, Dictionary<string, double[]> scores) => held.Select(example => example.Row.File).Distinct(StringComparer.Ordinal).Select(file =>
    {
        int[] rows = [.. Enumerable.Range(0, held.Length).Where(i => held[i].Row.File == file)];
        return new MailAcross(taught, file, rows.Count(i => !IsUnwanted(held[i])), rows.Count(i => IsUnwanted(held[i])), [.. scores.Select(one => Column(one.Key, held, rows, one.Value))]);
    });

    private static MailColumn Column(string name, Example[] held, int[] rows, double[] scores)
    {
        double[] ham = [.. rows.Where(i => !IsUnwanted(held[i])).Select(i => scores[i])], unwanted = [.. rows.Where(i => IsUnwanted(held[i])).Select(i => scores[i])];
        string[] clusters = [.. rows.Select(i => held[i].Row.Group ?? held[i].Placed.Cluster)];
        double F1(int[] weights)
        {
            int right = 0, wrong = 0;
            for (int i = 0; i < rows.Length; i++)
            {
                bool said = scores[rows[i]] > 0, gold = IsUnwanted(held[rows[i]]);
                if (said && gold) right += weights[i];
                else if (said != gold) wrong += weights[i];
            }
            return right == 0 ? 0 : 2.0 * right / (2 * right + wrong);
        }

        bool both = ham.Length > 0 && unwanted.Length > 0;
        return new MailColumn(name, Ranking.Auroc(ham, unwanted),
            both ? ClusterBootstrap.Auroc([.. rows.Select((row, i) => (scores[row], IsUnwanted(held[row]), clusters[i]))], Draws) : new Interval(double.NaN, double.NaN),
            Counts.Of(rows.Select(i => (scores[i] > 0, IsUnwanted(held[i])))), ClusterBootstrap.Of(clusters, F1, Draws), Interval.ClopperPearson(ham.Count(score => score > 0), ham.Length));
    }

    private static bool IsUnwanted(Example example) => example.Row.Mail != MailKind.Ham;

    private static double Mean(IEnumerable<double> values) => values.Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average();

    private static string Range(Interval interval) => double.IsNaN(interval.Low) ? "–" : $"{EvaluationText.Short(interval.Low)}–{EvaluationText.Short(interval.High)}";
}
