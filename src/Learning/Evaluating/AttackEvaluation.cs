using System.Globalization;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Ingest;
using Detection.Learning.Attacks;
using Detection.Learning.Data;
using Detection.Learning.Features;
using Detection.Learning.Metrics;

namespace Detection.Learning.Evaluating;

/// <summary>Measures what <see cref="Attack"/> does to a model: the same texts clean and attacked, so that every difference is paired.</summary>
public static class AttackEvaluation
{
    /// <summary>The largest sample, over all files.</summary>
    public const int MostTexts = 2_000;

    /// <param name="options">Authorship; <see cref="EvaluationOptions.Rows"/> is the size of the whole sample, each file giving an equal part.</param>
    public static AttackReport Run(DetectionPipeline pipeline, EvaluationOptions options, IProgress<string> progress, CancellationToken cancellation = default)
    {
        int texts = options.Rows is null or 0 ? MostTexts : Math.Min(options.Rows.Value, MostTexts);
        var each = options with { Rows = Math.Max(2, texts / options.Files.Count) };
        PlacedRow[] rows = [.. options.Files.SelectMany(file => Evaluation.Choose(LabelledSet.Of([.. LabelledFile.Read(file)]).Rows, pipeline, each))];
        if (rows.Length == 0) throw new InvalidDataException($"{string.Join(", ", options.Files)}: no row to be measured.");
        Message[] messages = [.. rows.Select(row => MessageExtraction.Extract(row.Row.Message, new IngestOptions()))];
        using var features = FeatureStore.Open(options.Features, pipeline);
        IReadOnlyList<MeasuredRow> Read(string name, Message[] sent)
        {
            progress.Report($"{name}: {sent.Length} texts");
            return Evaluation.Measure(pipeline, features, rows, sent, cancellation);
        }
        var clean = Read("clean", messages);
        var attacks = Attack.All.Select(attack =>
        {
            Message[] attacked = [.. messages.Select(message => message with { Text = attack.Apply(message.Text ?? "") })];
            return Compare(attack, messages, attacked, clean, Read(attack.Name, attacked), pipeline);
        }).ToArray();
        if (options.Final) Evaluation.LogLook(pipeline, options, rows.Select(row => row.Row.File).Distinct(StringComparer.Ordinal));
        return new AttackReport(Evaluation.NameOf(pipeline), Evaluation.Words(options, pipeline), rows.Select(row => row.Row.File).Distinct(StringComparer.Ordinal).Count(),
            rows.Count(row => row.Row.Machine == false), rows.Count(row => row.Row.Machine == true), pipeline.HasHeads ? SyntheticEvaluation.Carried(clean) : null, attacks);
    }

    private static AttackedReport Compare(Attack attack, Message[] sent, Message[] attacked, IReadOnlyList<MeasuredRow> clean, IReadOnlyList<MeasuredRow> read, DetectionPipeline pipeline)
    {
        int[] changed = [.. Enumerable.Range(0, sent.Length).Where(i => sent[i].Text != attacked[i].Text)];
        int undone = changed.Count(i => DetectionPipeline.TextOf(sent[i]) == DetectionPipeline.TextOf(attacked[i]));
        // Files of one source group share their people, and a cluster's name is its file's.
        string[] clusters = [.. clean.Select(row => $"{SplitRules.SourceGroup(row.Row.File)} {row.Cluster}")];
        var columns = SyntheticEvaluation.Detectors(clean, pipeline.Layout).Select(column =>
        {
            WithinFiles Ranked(Func<int, MeasuredRow> row) => new([.. clean.Select((one, i) => (column.Score(row(i)), one.Row.Machine == true, one.Row.File))]);
            WithinFiles before = Ranked(i => clean[i]), machines = Ranked(i => clean[i].Row.Machine == true ? read[i] : clean[i]), both = Ranked(i => read[i]);
            Interval Difference(WithinFiles after) => ClusterBootstrap.Of(clusters, weights => after.Auroc(weights) - before.Auroc(weights));
            return new AttackedColumn(column.Name, before.Auroc(), machines.Auroc(), Difference(machines), both.Auroc(), Difference(both));
        }).ToArray();
        return new AttackedReport(attack.Name, attack.Fraction, changed.Length, undone, columns, pipeline.HasHeads ? SyntheticEvaluation.Carried(read) : null);
    }
}
