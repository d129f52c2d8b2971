using System.Globalization;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Ingest;
using Detection.Learning.Data;
using Detection.Learning.Features;
using Detection.Learning.Heads;

namespace Detection.Learning.Evaluating;

/// <summary>Measures a bundle on labelled files of every task at once, for the tables and pictures of its model card.</summary>
public static class CardEvaluation
{
    /// <param name="pipeline">Opened on the bundle's default heads; its research heads, if any, judge the same features.</param>
    /// <param name="options">Its task is left aside: each file is measured for what it is labelled for.</param>
    /// <param name="attacks">Also attacks the texts of authorship files, which are read once more for each attack.</param>
    /// <exception cref="InvalidDataException">The model has no heads for this arithmetic, or no row is to be measured.</exception>
    public static CardReport Run(DetectionPipeline pipeline, EvaluationOptions options, bool attacks, IProgress<string> progress, CancellationToken cancellation = default)
    {
        if (!pipeline.HasHeads || pipeline.Source.Bundle is not { } bundle) throw new InvalidDataException($"{pipeline.Source.Name} has no heads for {pipeline.Dtype}: there is nothing to put on a card.");
        var files = options.Files.Select(file => (File: file, Task: LabelledFile.Read(file).FirstOrDefault()?.Task)).Where(file => file.Task is not null).Select(file => (file.File, Task: file.Task!.Value)).ToArray();
        var rows = new List<MeasuredRow>();
        using (var features = FeatureStore.Open(options.Features, pipeline))
            foreach (var (file, task) in files)
            {
                var chosen = Evaluation.Choose(LabelledSet.Of([.. LabelledFile.Read(file)]).Rows, pipeline, options with { Task = task });
                progress.Report($"{LabelledFile.Name(file)}: {chosen.Count} rows");
                rows.AddRange(Evaluation.Measure(pipeline, features, chosen, [.. chosen.Select(row => MessageExtraction.Extract(row.Row.Message, new IngestOptions()))], cancellation));
            }
        if (rows.Count == 0) throw new InvalidDataException($"{string.Join(", ", options.Files)}: no row to be measured.");
        if (options.Final)
            foreach (var task in rows.GroupBy(row => row.Row.Task)) Evaluation.LogLook(pipeline, options with { Task = task.Key }, task.Select(row => row.Row.File).Distinct(StringComparer.Ordinal));
        return new CardReport(Evaluation.NameOf(pipeline), pipeline.Identity.Sha256, Command(options, attacks), Evaluation.Words(options, pipeline),
            CardTables.Questions(rows, bundle.Manifest), CardTables.Heads(rows), ByResearchHeads(bundle, rows),
            attacks ? Attacked(pipeline, options, [.. files.Where(file => file.Task == LearningTask.Synthetic).Select(file => file.File)], rows, progress, cancellation) : null);
    }

    /// <summary>Writes <c>evaluation.md</c> and its pictures into a folder, and links them in the model card that lies there.</summary>
    /// <returns>Names of the files.</returns>
    public static IReadOnlyList<string> Write(CardReport report, string folder)
    {
        Directory.CreateDirectory(folder);
        var pictures = CardPictures.Draw(report, folder);
        File.WriteAllText(Path.Combine(folder, ModelCard.Figures), CardText.Of(report, pictures));
        ModelCard.LinkFigures(folder);
        return [ModelCard.Figures, .. pictures];
    }

    private static string Command(EvaluationOptions options, bool attacks) => string.Create(CultureInfo.InvariantCulture,
        $"detection evaluate --card{(options.Rows > 0 ? $" --rows {options.Rows}" : "")}{(options.Split is { } split ? $" --split {split}" : "")}{(options.Final ? " --final" : "")}{(attacks ? " --attacks" : "")}");

    private static IReadOnlyList<HeadFigures>? ByResearchHeads(Bundle bundle, IReadOnlyList<MeasuredRow> rows)
    {
        if (bundle.Manifest.Heads.Research is null) return null;
        string weights = Directory.Exists(bundle.BasePath) ? bundle.BasePath : Path.GetDirectoryName(bundle.BasePath)!;
        var research = Bundle.Open(bundle.Folder, research: true, [weights]);
        var judge = new Judge(research.Heads, research.Decisions);
        return CardTables.Heads([.. rows.Select(row => row with { Judgement = judge.Decide(MeasuredRow.ToJudge(row.Row.Message.Channel, row.Features)) })]);
    }

    private static AttackReport? Attacked(DetectionPipeline pipeline, EvaluationOptions options, string[] files, List<MeasuredRow> rows, IProgress<string> progress, CancellationToken cancellation)
    {
        int texts = rows.Count(row => row.Row.Task == LearningTask.Synthetic);
        return texts == 0 ? null : AttackEvaluation.Run(pipeline, options with { Task = LearningTask.Synthetic, Files = files, Rows = texts }, progress, cancellation);
    }
}
