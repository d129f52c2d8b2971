using System.Globalization;
using System.Text;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Ingest;
using Detection.Learning.Data;
using Detection.Learning.Features;
using Detection.Learning.Metrics;

namespace Detection.Learning.Evaluating;

/// <summary>Measures a cascade by its decisions, beside those of its two models alone, and by what it hands on. For authorship and for unwanted mail.</summary>
public static class CascadeEvaluation
{
    /// <param name="pipeline">With a second model.</param>
    public static CascadeReport Run(DetectionPipeline pipeline, EvaluationOptions options, IProgress<string> progress, CancellationToken cancellation = default)
    {
        var larger = pipeline.Second ?? throw new ArgumentException("There is no second model.", nameof(pipeline));
        if (options.Task == LearningTask.Manipulation) throw new ArgumentException("Techniques are always named, so that none is handed on because of them.", nameof(options));
        PlacedRow[] rows = [.. options.Files.SelectMany(file => Evaluation.Choose(LabelledSet.Of([.. LabelledFile.Read(file)]).Rows, pipeline, options))];
        if (rows.Length == 0) throw new InvalidDataException($"{string.Join(", ", options.Files)}: no row to be measured.");
        Message[] messages = [.. rows.Select(row => MessageExtraction.Extract(row.Row.Message, new IngestOptions()))];
        List<MeasuredRow> first = Judge(pipeline), second = Judge(larger);
        string[] names = [.. rows.Select(row => row.Row.File).Distinct(StringComparer.Ordinal)];
        if (options.Final) Evaluation.LogLook(pipeline, options, names);
        return new CascadeReport(Evaluation.NameOf(pipeline), Evaluation.NameOf(larger), options.Task, Evaluation.Words(options, pipeline),
            [.. names.Select(name => Part(name, row => row.File == name))], Part("all", _ => true));

        List<MeasuredRow> Judge(DetectionPipeline model)
        {
            progress.Report($"{model.Source.Name}: {rows.Length} rows");
            // One after the other: two bundles over the same language model share a file.
            using var features = FeatureStore.Open(options.Features, model);
            return Evaluation.Measure(model, features, rows, messages, cancellation);
        }

        CascadePart Part(string name, Func<LabelledRow, bool> belongs)
        {
            int[] places = [.. Enumerable.Range(0, rows.Length).Where(i => belongs(rows[i].Row))], handedOn = [.. places.Where(i => first[i].Judgement.IsUnsure)];
            var on = new HandedOn(handedOn.Length, handedOn.Count(i => first[i].Judgement.Authorship != Authorship.Unsure),
                handedOn.Sum(i => (long)second[i].Features.Tokens), places.Sum(i => (long)second[i].Features.Tokens));
            CascadeDecisions Of(Func<int, MeasuredRow> row) => Decisions([.. places.Select(row)], options.Task);
            return new CascadePart(name, places.Length, on, Of(i => first[i]), Of(i => second[i]), Of(i => first[i].Judgement.IsUnsure ? second[i] : first[i]));
        }
    }

    /// <summary>The report as tables for people (Markdown).</summary>
    public static string Table(CascadeReport report)
    {
        var (positive, negative) = report.Task == LearningTask.Synthetic ? ("machine texts", "people") : ("unwanted", "ham");
        var text = new StringBuilder();
        text.Append(Line($"# {report.First}, then {report.Second}: {report.Task.ToString().ToLowerInvariant()}"));
        text.Append(Line($"Rows: {report.Rows}. Each cell: {report.First}, {report.Second}, cascade. Handed on: messages, and the share of the tokens that {report.Second} would read of all.\n"));
        text.Append(Line($"| file | rows | handed on | tokens | {positive} | found | {negative} | flagged | decided |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|"));
        foreach (var part in report.Files.Append(report.All))
        {
            CascadeDecisions[] models = [part.First, part.Second, part.Cascade];
            string Cell(Func<CascadeDecisions, string> value) => string.Join(", ", models.Select(value));
            text.Append(Line($"| {part.File.Split('/')[^1]} | {part.Rows} | {part.HandedOn.Messages} | {Percent(part.HandedOn.ShareOfTokens)} | {part.First.Outcome.Positives} | {Cell(one => Number(one.Outcome.Found))} | {part.First.Outcome.Negatives} | {Cell(one => Number(one.Outcome.Flagged))} | {Cell(one => Percent(one.Decided / (double)part.Rows))} |"));
        }
        var all = report.All;
        text.Append(Line($"\nAll files: {all.HandedOn.Messages} of {all.Rows} messages handed on ({Percent(all.HandedOn.Messages / (double)all.Rows)}), {all.HandedOn.MailOnly} of them for the mail decision alone; 95 % intervals:\n"));
        foreach (var (name, one) in new[] { (report.First, all.First), (report.Second, all.Second), ("cascade", all.Cascade) })
            text.Append(Line($"- {name}: {one.Outcome.Found} of {one.Outcome.Positives} {positive} found {Range(one.Outcome.TruePositives)}, {one.Missed} called {(report.Task == LearningTask.Synthetic ? "human" : "ham")}; {one.Outcome.Flagged} of {one.Outcome.Negatives} {negative} flagged {Range(one.Outcome.FalsePositives)}; decided {Percent(one.Decided / (double)all.Rows)}"));
        return text.ToString();
    }

    private static CascadeDecisions Decisions(IReadOnlyList<MeasuredRow> rows, LearningTask task)
    {
        // Yes, no, or no answer.
        bool? Answer(Judgement judgement) => task == LearningTask.Synthetic
            ? judgement.Authorship switch { Authorship.Machine => true, Authorship.Human => false, _ => null }
            : judgement.Decided.Mail switch { MailKind.Spam or MailKind.Phishing => true, MailKind.Ham => false, _ => null };
        bool IsPositive(LabelledRow row) => task == LearningTask.Synthetic ? row.Machine == true : row.Mail != MailKind.Ham;
        var answers = rows.Select(row => (Positive: IsPositive(row.Row), Answer: Answer(row.Judgement))).ToArray();
        int positives = answers.Count(one => one.Positive), negatives = answers.Length - positives;
        int found = answers.Count(one => one is { Positive: true, Answer: true }), flagged = answers.Count(one => one is { Positive: false, Answer: true });
        return new CascadeDecisions(new DecidedReport(flagged, negatives, Interval.ClopperPearson(flagged, negatives), found, positives, Interval.Wilson(found, positives)),
            answers.Count(one => one is { Positive: true, Answer: false }), answers.Count(one => one.Answer is not null));
    }

    private static string Number(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F0} %");

    private static string Range(Interval interval) => string.Create(CultureInfo.InvariantCulture, $"[{interval.Low:F3}, {interval.High:F3}]");

    private static string Line(FormattableString line) => line.ToString(CultureInfo.InvariantCulture) + "\n";
}
