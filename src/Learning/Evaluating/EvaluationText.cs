using System.Globalization;
using System.Text;
using Detection.Learning.Metrics;

namespace Detection.Learning.Evaluating;

/// <summary>An evaluation as tables for people (Markdown).</summary>
public static class EvaluationText
{
    public static string Of(EvaluationReport report)
    {
        var text = new StringBuilder();
        text.Append(Line($"# {report.Model}: {report.Task.ToString().ToLowerInvariant()}")).Append(Line($"Rows: {report.Rows}. Intervals are 95 %.")).Append('\n');
        if (report.Files.Any(file => file.Synthetic is not null)) Overview(text, report);
        foreach (var file in report.Files)
        {
            text.Append(Line($"## {file.File}: {file.Rows} rows, {file.Distinct} distinct"));
            if (file.Synthetic is { } synthetic) Synthetic(text, synthetic);
            if (file.Mail is { } mail) Mail(text, mail);
            if (file.Techniques is { } techniques) Techniques(text, techniques);
            if (file.Spans is { } spans) Spans(text, spans);
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>One row an attack: AUROC with what it took, either way, then what the bundle's threshold makes of the texts.</summary>
    public static string Of(AttackReport report)
    {
        var text = new StringBuilder();
        text.Append(Line($"# {report.Model}: attacks"));
        text.Append(Line($"{report.Humans} texts by people and {report.Machines} by machines of {report.Files} files; {report.Rows}. AUROC over the pairs of one file each; behind it the difference to the texts as they are, with its paired 95 % interval."));
        Attacked(text, report, "Machines' texts attacked, people's as they are", column => (column.Machines, column.MachinesDifference));
        Attacked(text, report, "Both attacked", column => (column.Both, column.BothDifference));
        text.Append("\n## What is changed, and the bundle's threshold\n\n| attack | share of places | texts changed | read as before | machine texts found | people flagged |\n|---|---|---|---|---|---|\n");
        text.Append(Line($"| none | – | – | – | {Outcome(report.Clean)} |"));
        foreach (var attack in report.Attacks)
            text.Append(Line($"| {attack.Attack} | {attack.Fraction} | {attack.Changed} | {attack.Undone} | {Outcome(attack.Decided)} |"));
        return text.ToString();
    }

    /// <summary>One row a file: false alarms on people's texts as they are, then what is found and where once a paragraph is put in.</summary>
    public static string Of(PassageReport report)
    {
        var text = new StringBuilder();
        text.Append(Line($"# {report.Model}: machine-written paragraphs in texts by people"));
        text.Append(Line($"{report.All.Texts} texts by people; {report.Rows}. Each as it is, and with a machine-written paragraph put in. Overlap: intersection over union of the places pointed at and the paragraph, in characters. Intervals are 95 %.")).Append('\n');
        text.Append("| file | texts | marked as they are | called machine as they are | paragraph pointed at | called machine with it | overlap, mean | overlap of a half or more |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var file in report.Files.Append(report.All))
            text.Append(Line($"| {file.File.Split('/')[^1]} | {file.Texts} | {file.FalselyMarked} {Range(file.FalselyMarkedInterval)} | {file.FalselyMachine} | {file.Marked} {Range(file.MarkedInterval)} | {file.Machine} | {Short(file.Overlap)} | {file.Half} of {file.Marked} |"));
        return text.ToString();
    }

    private static void Attacked(StringBuilder text, AttackReport report, string title, Func<AttackedColumn, (double Auroc, Interval Difference)> form)
    {
        var columns = report.Attacks[0].Columns;
        text.Append(Line($"\n## {title}\n")).Append("| attack | ").AppendJoin(" | ", columns.Select(column => column.Name)).Append(" |\n|---|").Insert(text.Length, "---|", columns.Count).Append('\n');
        text.Append("| none | ").AppendJoin(" | ", columns.Select(column => Short(column.Clean))).Append(" |\n");
        foreach (var attack in report.Attacks)
            text.Append(Line($"| {attack.Attack} | {string.Join(" | ", attack.Columns.Select(column => (column.Clean, After: form(column))).Select(one => $"{Short(one.After.Auroc)}, {Signed(one.After.Auroc - one.Clean)} [{Signed(one.After.Difference.Low)}, {Signed(one.After.Difference.High)}]"))} |"));
    }

    private static string Outcome(DecidedReport? report) => report is null ? "– | –"
        : $"{report.Found} of {report.Positives} {Range(report.TruePositives)} | {report.Flagged} of {report.Negatives} {Range(report.FalsePositives)}";

    internal static string Signed(double value) => double.IsNaN(value) ? "–" : value.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture).Replace('-', '−');

    /// <summary>AUROC by file and column, as published-numbers.md §2.7 has it.</summary>
    private static void Overview(StringBuilder text, EvaluationReport report)
    {
        var columns = report.Files.First(file => file.Synthetic is not null).Synthetic!.Columns;
        text.Append("| AUROC | ").AppendJoin(" | ", columns.Select(column => column.Name)).Append(" |\n|---|").Insert(text.Length, "---|", columns.Count).Append('\n');
        foreach (var file in report.Files)
            text.Append("| ").Append(file.File.Split('/')[^1]).Append(" | ").AppendJoin(" | ", file.Synthetic!.Columns.Select(column => Short(column.Auroc))).Append(" |\n");
        text.Append("| mean | ").AppendJoin(" | ", columns.Select((_, at) => Short(report.Files.Average(file => file.Synthetic!.Columns[at].Auroc)))).Append(" |\n\n");
    }

    private static void Synthetic(StringBuilder text, SyntheticReport report)
    {
        text.Append(Line($"{report.Humans} by people, {report.Machines} by machines"));
        foreach (var column in report.Columns) text.Append(Line($"- {column.Name}: AUROC {Short(column.Auroc)} {Range(column.Interval)}"));
        if (report.Head is { } head)
        {
            foreach (var budget in head.AtBudget) text.Append(Line($"- threshold on these people, 1 in {budget.OneIn}: {Budget(budget)}"));
            text.Append(Line($"- the bundle's threshold: {Decided(head.Carried, "people", "machine texts")}"));
            text.Append(Line($"- no answer {Percent(head.Silent)} (too short {Percent(head.TooShort)}); ECE {Short(head.CalibrationError)} (15 bins of equal mass), Brier {Short(head.Brier)}"));
        }
        foreach (var slice in report.Slices.Where(slice => slice is { Humans: > 0, Machines: > 0 }))
            text.Append(Line($"- {slice.Kind} {slice.Name}: AUROC {Short(slice.Auroc)} ({slice.Humans} people, {slice.Machines} machines){(slice.Decided is { } decided ? $"; {decided.Found} found {Range(decided.TruePositives)}, {decided.Flagged} flagged" : "")}"));
        if (report.Bias is { } bias)
            text.Append(Line($"- flagged: {bias.NonNativeFlagged} of {bias.NonNative} non-native, {bias.NativeFlagged} of {bias.Native} native; difference {Range(bias.Difference)}: {bias.Verdict}"));
    }

    private static void Mail(StringBuilder text, IReadOnlyList<MailReport> reports)
    {
        text.Append("| question | split | ham | positive | AUROC | F1 at ½ | F1 decided | precision | recall | ham flagged | TPR @1 % | TPR @0.1 % | ECE | Brier | TF-IDF F1 |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (var report in reports)
            text.Append(Line($"| {report.Question} | {report.Part} | {report.Ham} | {report.Positives} | {Short(report.Auroc)} | {Short(report.AtHalf.F1)} | {Short(report.Decided.F1)} | {Short(report.Decided.Precision)} | {Short(report.Decided.Recall)} | {Range(report.HamFlagged)} | {Rate(report.AtBudget[1])} | {Rate(report.AtBudget[2])} | {Short(report.CalibrationError)} | {Short(report.Brier)} | {(report.TfidfF1 is { } floor ? Short(floor) : "–")} |"));
    }

    private static void Techniques(StringBuilder text, TechniqueReport report)
    {
        text.Append(Line($"micro-F1 {Short(report.MicroF1)}, macro-F1 {Short(report.MacroF1)}{(report.TfidfMicroF1 is { } floor ? $"; TF-IDF micro-F1 {Short(floor)}" : "")}{(report.Omitted.Count > 0 ? $"; without positives: {string.Join(", ", report.Omitted)}" : "")}"));
        text.Append("| head | positive | F1 | precision | recall | average precision | ECE | Brier |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var line in report.Heads)
            text.Append(Line($"| {line.Head} | {line.Counts.Support} | {Short(line.Counts.F1)} | {Short(line.Counts.Precision)} | {Short(line.Counts.Recall)} | {Short(line.AveragePrecision)} | {Short(line.CalibrationError)} | {Short(line.Brier)} |"));
    }

    private static void Spans(StringBuilder text, SpanReport report)
    {
        text.Append(Line($"\nplaces of techniques in {report.Texts} texts: span precision, recall and F1 (SemEval-2020); named: as evidence shows them; given: in texts that use the technique, pointing alone\n"));
        text.Append("| technique | method | marked | named: places | P | R | F1 | given: places | P | R | F1 |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (var line in report.Lines.Append(report.All))
            foreach (var figure in line.Figures)
                text.Append(Line($"| {line.Technique} | {figure.Method} | {figure.Named.Marked} | {Places(figure.Named)} | {Places(figure.Given)} |"));
    }

    private static string Places(SpanScore score) => $"{score.Predicted} | {Short(score.Precision)} | {Short(score.Recall)} | {Short(score.F1)}";

    private static string Decided(DecidedReport report, string negatives, string positives) =>
        $"{report.Found} of {report.Positives} {positives} found {Range(report.TruePositives)}, {report.Flagged} of {report.Negatives} {negatives} flagged {Range(report.FalsePositives)}";

    private static string Budget(BudgetReport report) => report.Point is { } point && report.TruePositives is { } interval
        ? $"{Percent(point.TruePositiveRate)} found {Range(interval)}, {point.Flagged} of {point.Humans} flagged"
        : "n too small";

    private static string Rate(BudgetReport report) => report.Point is { } point ? Short(point.TruePositiveRate) : "n too small";

    internal static string Range(Interval interval) => $"[{Short(interval.Low)}, {Short(interval.High)}]";

    internal static string Percent(double share) => (100 * share).ToString("F1", CultureInfo.InvariantCulture) + " %";

    internal static string Short(double value) => double.IsNaN(value) ? "–" : value.ToString("F3", CultureInfo.InvariantCulture);

    private static string Line(FormattableString line) => line.ToString(CultureInfo.InvariantCulture) + "\n";
}
