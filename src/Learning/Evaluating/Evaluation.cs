using System.Globalization;
using System.Text.Json;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Ingest;
using Detection.Learning.Data;
using Detection.Learning.Features;

namespace Detection.Learning.Evaluating;

/// <summary>Measures a model on labelled files, file by file, by the definitions of published-numbers.md §4.</summary>
public static class Evaluation
{
    /// <summary>The recipe of §2.7: 200 rows a file.</summary>
    private const int SyntheticRows = 200;

    public static EvaluationReport Run(DetectionPipeline pipeline, EvaluationOptions options, IProgress<string> progress, CancellationToken cancellation = default)
    {
        using var features = FeatureStore.Open(options.Features, pipeline);
        var files = new List<FileReport>();
        foreach (string file in options.Files)
        {
            var rows = LabelledSet.Of([.. LabelledFile.Read(file)]).Rows;
            var chosen = Choose(rows, pipeline, options);
            progress.Report($"{LabelledFile.Name(file)}: {chosen.Count} rows");
            var measured = Measure(pipeline, features, chosen, [.. chosen.Select(row => MessageExtraction.Extract(row.Row.Message, new IngestOptions()))], cancellation);
            if (measured.Count > 0) files.Add(Report(options, rows, measured, pipeline, cancellation));
        }
        if (options.Final) LogLook(pipeline, options, files.Select(file => file.File));
        return new EvaluationReport(NameOf(pipeline), options.Task, Words(options, pipeline), options.Final, files);
    }

    internal static IReadOnlyList<PlacedRow> Choose(IReadOnlyList<PlacedRow> rows, DetectionPipeline pipeline, EvaluationOptions options)
    {
        // A model without heads has learned from no row.
        var open = pipeline.HasHeads ? rows : [.. rows.Select(row => row with { Use = RowUse.Measured })];
        int? most = options.Rows == 0 ? options.Task == LearningTask.Synthetic ? SyntheticRows : null : options.Rows;
        return EvaluationRows.Choose(open.Where(row => Answers(row.Row, options.Task)), options.Final, options.Split, most, row => options.Task switch
        {
            LearningTask.Synthetic => row.Machine == true,
            LearningTask.Spam => row.Mail != MailKind.Ham,
            _ => row.Techniques!.Values.Any(present => present),
        });
    }

    private static bool Answers(LabelledRow row, LearningTask task) => task switch
    {
        LearningTask.Synthetic => row.Machine is not null,
        LearningTask.Spam => row.Mail is not null,
        _ => row.Techniques is not null,
    };

    /// <param name="messages">Extracted, one a row.</param>
    internal static List<MeasuredRow> Measure(DetectionPipeline pipeline, FeatureStore features, IReadOnlyList<PlacedRow> rows, IReadOnlyList<Message> messages, CancellationToken cancellation)
    {
        var read = features.Of(messages, null, cancellation);
        return [.. rows.Select((row, i) => new MeasuredRow(row, read[i],
            pipeline.Decide(MeasuredRow.ToJudge(messages[i].Channel, read[i]))))];
    }

    private static FileReport Report(EvaluationOptions options, IReadOnlyList<PlacedRow> all, List<MeasuredRow> rows, DetectionPipeline pipeline, CancellationToken cancellation)
    {
        var report = new FileReport(rows[0].Row.File, rows.Count, rows.Select(row => row.Placed.Cluster).Distinct(StringComparer.Ordinal).Count());
        return options.Task switch
        {
            LearningTask.Synthetic => report with { Synthetic = SyntheticEvaluation.Of(rows, pipeline.Layout) },
            LearningTask.Spam => report with { Mail = MailEvaluation.Of(rows, options.TfidfBaseline ? TfidfBaseline.Train(all, row => row.Mail != MailKind.Ham) : null) },
            _ => report with
            {
                Techniques = TechniqueEvaluation.Of(rows, options.TfidfBaseline ? all : null),
                Spans = SpanEvaluation.Of(pipeline, rows, options.TfidfBaseline ? all : null, cancellation),
            },
        };
    }

    internal static string NameOf(DetectionPipeline pipeline) => $"{pipeline.Identity.Name} {pipeline.Identity.Version}".TrimEnd();

    internal static string Words(EvaluationOptions options, DetectionPipeline pipeline) => string.Create(CultureInfo.InvariantCulture,
        $"{(options.Final ? "final half and published test splits" : "study half")}, {(options.Split is { } split ? $"split {split}" : pipeline.HasHeads ? "rows that did not teach" : "all splits")}, at most {pipeline.MaxTokens} tokens a text");

    /// <summary>Each look at the final half makes the next one less honest: they are counted.</summary>
    internal static void LogLook(DetectionPipeline pipeline, EvaluationOptions options, IEnumerable<string> files)
    {
        Directory.CreateDirectory(options.DataFolder);
        string line = JsonSerializer.Serialize(new { at = ContractJson.Time(options.Time.GetUtcNow()), pipeline.Identity, task = options.Task.ToString(), files = files.ToArray() }, JsonSerializerOptions.Web);
        File.AppendAllText(Path.Combine(options.DataFolder, "final-looks.jsonl"), line + "\n");
    }
}

/// <summary>A row with its features and what the bundle makes of them.</summary>
internal sealed record MeasuredRow(PlacedRow Placed, StoredFeatures Features, Judgement Judgement)
{
    public LabelledRow Row => Placed.Row;

    /// <summary>Rows of one pair, account, article or cluster are drawn together.</summary>
    public string Cluster => Row.Group ?? Placed.Cluster;

    public static TextToJudge ToJudge(Channel channel, StoredFeatures features) => new(channel, features.Characters, features.Tokens, features.Supported, features.ForHeads);
}
