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
/// <param name="All">Both, with length.</param>
/// <param name="Tfidf">The floor: words and pairs of words of the same rows.</param>
public sealed record LeftOut(string File, int Rows, double Hidden, double Criteria, double All, Interval AllInterval, double Tfidf);

/// <summary>
/// How authorship heads travel: for each group of sources (published-numbers.md §7), heads are trained on the study halves of all the others and thrown away after measuring.
/// Audit rows are measured only.
/// </summary>
public static class LeaveOneSourceOut
{
    private static readonly (string Name, FeatureBlocks Blocks)[] Variants =
        [("hidden", FeatureBlocks.Hidden), ("criteria", FeatureBlocks.Criteria), ("all", FeatureBlocks.Hidden | FeatureBlocks.Criteria | FeatureBlocks.Surface)];

    /// <param name="rows">Rows of a file, half of each answer; published-numbers.md §2.7 takes 200.</param>
    public static IReadOnlyList<LeftOut> Run(DetectionPipeline pipeline, IReadOnlyList<string> files, int rows, string features, IProgress<string> progress, CancellationToken cancellation = default)
    {
        var examples = Read(pipeline, files, rows, features, cancellation);
        var results = new List<LeftOut>();
        foreach (string group in examples.Select(example => example.SourceGroup).Distinct(StringComparer.Ordinal).ToArray())
        {
            Example[] held = [.. examples.Where(example => example.SourceGroup == group)];
            Example[] others = [.. examples.Where(example => example.SourceGroup != group && example.Row.Split != "audit")];
            var scores = Variants.ToDictionary(variant => variant.Name, variant => Score(pipeline.Layout, others, held, variant.Blocks, cancellation), StringComparer.Ordinal);
            var floor = TfidfBaseline.Train(others.Select(example => example.Placed with { Use = RowUse.Teaches }), row => row.Machine);
            scores["tfidf"] = [.. held.Select(example => floor.Probability(example.Row.Text))];
            results.AddRange(held.Select(example => example.Row.File).Distinct(StringComparer.Ordinal).Select(file => Measure(file, held, scores)));
            progress.Report(string.Create(CultureInfo.InvariantCulture, $"left out {group}: {string.Join(", ", results.Where(result => held.Any(example => example.Row.File == result.File)).Select(result => $"{result.File} {result.All:F3}"))}"));
        }
        return results;
    }

    /// <summary>The results as a table (Markdown).</summary>
    public static string Table(IReadOnlyList<LeftOut> results)
    {
        var text = new StringBuilder("| left out | rows | hidden | criteria | all | interval | TF-IDF |\n|---|---|---|---|---|---|---|\n");
        foreach (var row in results.OrderBy(row => row.File, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"| {row.File.Split('/')[^1]} | {row.Rows} | {row.Hidden:F3} | {row.Criteria:F3} | {row.All:F3} | {row.AllInterval.Low:F3}–{row.AllInterval.High:F3} | {row.Tfidf:F3} |\n");
        return text.Append(CultureInfo.InvariantCulture,
            $"| mean | {results.Sum(row => row.Rows)} | {results.Average(row => row.Hidden):F3} | {results.Average(row => row.Criteria):F3} | {results.Average(row => row.All):F3} | | {results.Average(row => row.Tfidf):F3} |\n").ToString();
    }

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

    private static double[] Score(FeatureLayout layout, Example[] others, Example[] held, FeatureBlocks blocks, CancellationToken cancellation)
    {
        var scaling = FeatureScaling.Of([.. others.Select(example => example.Features)]);
        var scaled = others.Select(example => new ScaledFeatures(scaling, example.Features.ForHeads)).ToArray();
        var head = new HeadFitting(layout, blocks).Fit(HeadNames.Synthetic, RowWeights.Of(HeadNames.Synthetic, others, scaled), bySource: true, words: false, cancellation);
        var heads = scaling.With([head.Uncalibrated()]);
        return [.. held.Select(example => (double)heads.Margins(example.Features.ForHeads)[0])];
    }

    private static LeftOut Measure(string file, Example[] held, Dictionary<string, double[]> scores)
    {
        int[] rows = [.. Enumerable.Range(0, held.Length).Where(i => held[i].Row.File == file)];
        double Auroc(string variant) => Ranking.Auroc(
            [.. rows.Where(i => held[i].Row.Machine == false).Select(i => scores[variant][i])], [.. rows.Where(i => held[i].Row.Machine == true).Select(i => scores[variant][i])]);
        var interval = ClusterBootstrap.Auroc([.. rows.Select(i => (scores["all"][i], held[i].Row.Machine == true, held[i].Row.Group ?? held[i].Placed.Cluster))], 500);
        return new LeftOut(file, rows.Length, Auroc("hidden"), Auroc("criteria"), Auroc("all"), interval, Auroc("tfidf"));
    }
}
