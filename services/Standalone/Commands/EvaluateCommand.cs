using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Detection.Detector;
using Detection.Learning.Data;
using Detection.Learning.Evaluating;
using Detection.Learning.Metrics;

namespace Detection.Standalone.Commands;

/// <summary><c>evaluate</c>: a model's figures on labelled files, with intervals and the rows named.</summary>
internal static class EvaluateCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static Command Create(Terminal terminal)
    {
        var task = new Option<string>("--task") { Required = true, Description = "What the files are labelled for." };
        task.AcceptOnlyFromAmong("synthetic", "spam", "manipulation");
        var data = new Option<string[]>("--data") { Required = true, AllowMultipleArgumentsPerToken = true, Description = "Labelled JSON lines; .gz is read.", HelpName = "FILE…" };
        var split = new Option<string>("--split") { Description = "Only this published split." };
        var final = new Option<bool>("--final") { Description = "The final half, or a published test split whole. Each such look is logged in the data folder." };
        var baseline = new Option<string>("--baseline") { Description = "Also trains this baseline on each file's own train rows." };
        baseline.AcceptOnlyFromAmong("tfidf");
        var rows = new Option<int?>("--rows") { Description = "Most rows of a file. Default 200 for synthetic, all elsewhere." };
        var features = new Option<string>("--features") { Description = "Folder of stored features. Default: features in the data folder.", HelpName = "FOLDER" };
        var maxTokens = new Option<int?>("--max-tokens") { Description = "Tokens of each text that are read, for models without heads." };
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var shared = new ModelOptions();
        var command = new Command("evaluate", "Measures a model on labelled files: the study half, unless told otherwise.") { task, data, split, final, baseline, rows, features, maxTokens, json };
        shared.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var options = Configuration.Read(shared.Settings(parsed));
            using var pipeline = Pipelines.Load(options, TimeProvider.System, warning => terminal.Error.WriteLine(warning), parsed.GetValue(maxTokens));
            var report = Evaluation.Run(pipeline, new EvaluationOptions
            {
                Task = Enum.Parse<LearningTask>(parsed.GetValue(task)!, ignoreCase: true),
                Files = parsed.GetValue(data)!,
                Split = parsed.GetValue(split),
                Final = parsed.GetValue(final),
                Rows = parsed.GetValue(rows) ?? 0,
                TfidfBaseline = parsed.GetValue(baseline) is not null,
                Features = parsed.GetValue(features) ?? Path.Combine(options.Data, "features"),
                DataFolder = options.Data,
            }, new ProgressLines(terminal), cancellation);
            if (parsed.GetValue(json)) terminal.Out.WriteLine(JsonSerializer.Serialize(report, Json));
            else Print(terminal.Out, report);
            return Task.FromResult(CommandLine.Done);
        });
        return command;
    }

    private static void Print(TextWriter to, EvaluationReport report)
    {
        to.WriteLine($"{report.Model}, {report.Task.ToString().ToLowerInvariant()}, {report.Rows}");
        foreach (var file in report.Files)
        {
            to.WriteLine(Line($"\n{file.File}: {file.Rows} rows, {file.Distinct} distinct"));
            if (file.Synthetic is { } synthetic) Print(to, synthetic);
            foreach (var mail in file.Mail ?? []) Print(to, mail);
            if (file.Techniques is { } techniques) Print(to, techniques);
        }
    }

    private static void Print(TextWriter to, SyntheticReport report)
    {
        to.WriteLine(Line($"  {report.Humans} by people, {report.Machines} by machines; AUROC [95 %]"));
        foreach (var column in report.Columns) to.WriteLine(Line($"    {column.Name,-22} {column.Auroc:F3} [{column.Interval.Low:F3}, {column.Interval.High:F3}]"));
        if (report.Head is { } head)
        {
            foreach (var budget in head.AtBudget) Print(to, budget);
            var carried = head.Carried;
            to.WriteLine(Line($"    at the bundle's thresholds: {carried.Flagged} of {carried.Negatives} people flagged {Between(carried.FalsePositives)}, {carried.Found} of {carried.Positives} machines found {Between(carried.TruePositives)}"));
            to.WriteLine(Line($"    no answer {head.Silent:P1} (too short {head.TooShort:P1}); calibration error {head.CalibrationError:F3}, Brier {head.Brier:F3}"));
        }
        foreach (var slice in report.Slices) to.WriteLine(Line($"    {slice.Kind,-10} {slice.Name,-22} {slice.Humans,5} / {slice.Machines,-5} AUROC {slice.Auroc:F3}"));
        if (report.Bias is { } bias)
            to.WriteLine(Line($"    flagged: native {bias.NativeFlagged} of {bias.Native}, non-native {bias.NonNativeFlagged} of {bias.NonNative}; difference {Between(bias.Difference)}: {bias.Verdict}"));
    }

    private static void Print(TextWriter to, MailReport report)
    {
        to.WriteLine(Line($"  {report.Question}, {report.Part}: {report.Ham} ham, {report.Positives} positive; AUROC {report.Auroc:F3}"));
        to.WriteLine(Line($"    at P ≥ 0.5: F1 {report.AtHalf.F1:F3}, precision {report.AtHalf.Precision:F3}, recall {report.AtHalf.Recall:F3}{(report.TfidfF1 is { } floor ? $"; TF-IDF F1 {floor:F3}" : "")}"));
        to.WriteLine(Line($"    at the bundle's thresholds: F1 {report.Decided.F1:F3}; ham flagged {report.Decided.FalsePositives} of {report.Ham} {Between(report.HamFlagged)}"));
        foreach (var budget in report.AtBudget) Print(to, budget);
        to.WriteLine(Line($"    calibration error {report.CalibrationError:F3}, Brier {report.Brier:F3}"));
    }

    private static void Print(TextWriter to, BudgetReport budget) => to.WriteLine(budget.Point is { } point && budget.TruePositives is { } interval
        ? Line($"    at 1 in {budget.OneIn} of its own people: {point.Found} of {point.Machines} found {Between(interval)}")
        : Line($"    at 1 in {budget.OneIn}: not shown, too few people"));

    private static void Print(TextWriter to, TechniqueReport report)
    {
        to.WriteLine(Line($"  micro-F1 {report.MicroF1:F3}, macro-F1 {report.MacroF1:F3}{(report.TfidfMicroF1 is { } floor ? $"; TF-IDF micro-F1 {floor:F3}" : "")}"));
        foreach (var head in report.Heads)
            to.WriteLine(Line($"    {head.Head,-26} F1 {head.Counts.F1:F3}  AP {head.AveragePrecision:F3}  support {head.Counts.Support,5}  calibration error {head.CalibrationError:F3}"));
        if (report.Omitted.Count > 0) to.WriteLine($"    no positive rows: {string.Join(", ", report.Omitted)}");
    }

    private static string Between(Interval interval) => Line($"[{interval.Low:P1}, {interval.High:P1}]");

    private static string Line(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);
}
