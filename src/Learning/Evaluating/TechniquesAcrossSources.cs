using System.Globalization;
using System.Text;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Heads;
using Detection.Learning.Data;
using Detection.Learning.Heads;
using Detection.Learning.Metrics;

namespace Detection.Learning.Evaluating;

/// <summary>One technique in one file.</summary>
/// <param name="Elsewhere">AUROC by what the head reads: it learned the technique from other sources alone.</param>
/// <param name="Interval">Of the whole head that learned elsewhere.</param>
/// <param name="SameToo">The same with rows of the source (folds of clusters).</param>
public sealed record TechniqueAcross(
    string Technique, string File, int Positives, int Negatives, IReadOnlyDictionary<string, double> Elsewhere, Interval Interval, IReadOnlyDictionary<string, double> SameToo);

/// <summary>
/// How heads for techniques travel: for each group of sources (published-numbers.md §7) heads are trained on all the others and thrown away after measuring. Rows: study halves of what teaches
/// and sets thresholds; rows beyond those that are measured teach by words alone. A technique is measured in a file where other sources show it too, by the kind of head that judges in channels
/// that did not teach it; with rows of the source, by the kind that judges in those that did.
/// </summary>
public static class TechniquesAcrossSources
{
    private const int Draws = 500, FewestTaught = 20, FewestMeasured = 10;

    private static readonly HeadStrength Within = new(3, 300, double.NaN);

    private static readonly (string Name, FeatureBlocks Blocks)[] Variants =
        [("model", HeadsElsewhere.OfModel), ("words", FeatureBlocks.Words), (HeadsElsewhere.Joint, HeadsElsewhere.OfModel | FeatureBlocks.Words)];

    private static readonly string[] Columns = [.. Variants.Select(variant => variant.Name), HeadsElsewhere.Floor];

    /// <param name="rows">Most rows of a file that the model reads.</param>
    public static IReadOnlyList<TechniqueAcross> Run(DetectionPipeline pipeline, IReadOnlyList<string> files, int rows, string features, IProgress<string> progress, CancellationToken cancellation = default)
    {
        var (read, unread) = HeadsElsewhere.Read(pipeline, files, row => row.Row.Techniques is not null && row.Use != RowUse.Measured,
            row => row.Techniques!.Values.Any(present => present), rows, features, progress, cancellation);
        string[] techniques = [.. HeadNames.All.Where(HeadNames.IsTechnique)];
        var elsewhere = new Scored();
        foreach (string group in read.Select(example => example.SourceGroup).Distinct(StringComparer.Ordinal).ToArray())
        {
            var heads = new HeadsElsewhere(pipeline.Layout, [.. read.Concat(unread).Where(example => example.SourceGroup != group)]);
            Add(elsewhere, heads, HeadFitting.Travelling, _ => OwnChannels.None, techniques, [.. Enumerable.Range(0, read.Count).Where(i => read[i].SourceGroup == group)]);
            progress.Report($"left out {group}");
        }
        var same = new Scored();
        foreach (var (held, learn) in HeadsElsewhere.InFolds(read, unread))
        {
            Add(same, new HeadsElsewhere(pipeline.Layout, learn), Within, technique => OwnChannels.Of(technique, learn), [.. elsewhere.Keys.Select(key => key.Technique).Distinct(StringComparer.Ordinal)], held);
            progress.Report("a third of all sources held back");
        }
        return [.. elsewhere.Keys.Select(key => (key.Technique, read[key.Row].Row.File)).Distinct().Order().Select(one => Measure(one.Technique, one.File)).OfType<TechniqueAcross>()];

        void Add(Scored scored, HeadsElsewhere heads, HeadStrength strength, Func<string, IReadOnlySet<Channel>> own, string[] asked, int[] held)
        {
            foreach (string technique in asked)
            {
                int[] answered = [.. held.Where(i => HeadTargets.Of(read[i].Row, technique) is not null)];
                if (answered.Length == 0 || !heads.Teach(technique, FewestTaught)) continue;
                var scores = heads.Scores(technique, own(technique), Variants, strength, [.. answered.Select(i => read[i])], cancellation);
                for (int at = 0; at < answered.Length; at++) scored[(technique, answered[at])] = [.. Columns.Select(column => scores[column][at])];
            }
        }

        TechniqueAcross? Measure(string technique, string file)
        {
            int[] held = [.. Enumerable.Range(0, read.Count).Where(i => read[i].Row.File == file && elsewhere.ContainsKey((technique, i)))];
            bool Uses(int i) => HeadTargets.Of(read[i].Row, technique) == true;
            int positives = held.Count(Uses);
            if (positives < FewestMeasured || held.Length - positives < FewestMeasured) return null;
            double[] Scores(Scored scored, bool uses, int column) => [.. held.Where(i => Uses(i) == uses && scored.ContainsKey((technique, i))).Select(i => scored[(technique, i)][column])];
            Dictionary<string, double> Aurocs(Scored scored) => Columns.Select((column, at) => (column, Ranking.Auroc(Scores(scored, false, at), Scores(scored, true, at)))).ToDictionary(StringComparer.Ordinal);
            int joint = Array.IndexOf(Columns, HeadsElsewhere.Joint);
            var interval = ClusterBootstrap.Auroc([.. held.Select(i => (elsewhere[(technique, i)][joint], Uses(i), read[i].Row.Group ?? read[i].Placed.Cluster))], Draws);
            return new TechniqueAcross(technique, file, positives, held.Length - positives, Aurocs(elsewhere), interval, Aurocs(same));
        }
    }

    /// <summary>The results as a table (Markdown).</summary>
    public static string Table(IReadOnlyList<TechniqueAcross> results)
    {
        var text = new StringBuilder("AUROC\n\n| technique | left out | with / without |").AppendJoin(" |", Columns.Select(column => $" {column}")).Append(" | 95 % (all) | same source too: all | TF-IDF |\n|---|---|---|");
        for (int i = 0; i < Columns.Length + 3; i++) text.Append("---|");
        foreach (var row in results)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n| {row.Technique} | {row.File.Split('/')[^1]} | {row.Positives} / {row.Negatives} |").AppendJoin(" |", Columns.Select(column => " " + EvaluationText.Short(row.Elsewhere[column])))
                .Append(CultureInfo.InvariantCulture, $" | {EvaluationText.Short(row.Interval.Low)}–{EvaluationText.Short(row.Interval.High)} | {EvaluationText.Short(row.SameToo[HeadsElsewhere.Joint])} | {EvaluationText.Short(row.SameToo[HeadsElsewhere.Floor])} |");
        }
        if (results.Count == 0) return text.Append('\n').ToString();
        string Mean(Func<TechniqueAcross, double> value) => EvaluationText.Short(results.Select(value).Where(auroc => !double.IsNaN(auroc)).DefaultIfEmpty(double.NaN).Average());
        return text.Append("\n| mean | | |").AppendJoin(" |", Columns.Select(column => " " + Mean(row => row.Elsewhere[column])))
            .Append(CultureInfo.InvariantCulture, $" | | {Mean(row => row.SameToo[HeadsElsewhere.Joint])} | {Mean(row => row.SameToo[HeadsElsewhere.Floor])} |\n").ToString();
    }

    /// <summary>Scores in the order of <see cref="Columns"/>.</summary>
    private sealed class Scored : Dictionary<(string Technique, int Row), double[]>;
}
