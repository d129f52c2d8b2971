using System.Globalization;
using System.Text;
using Detection.Learning.Heads;
using Detection.Learning.Metrics;

namespace Detection.Learning.Evaluating;

/// <summary>The figures of a model card as tables (Markdown).</summary>
public static class CardText
{
    private const string NotShown = "not shown", None = "–";

    private static readonly (string Kind, string Title, string Column)[] Slices =
        [("source", "By source", "source"), ("channel", "By channel", "channel"), ("writer", "By writer group", "writers"), ("tokens", "By length", "tokens")];

    /// <param name="pictures">File names of the pictures that lie beside the text.</param>
    public static string Of(CardReport report, IReadOnlyCollection<string> pictures)
    {
        var text = new StringBuilder();
        text.Append(Line($"# {report.Model}: figures\n"));
        text.Append(Line($"`bundle.json` sha256 `{report.Sha256}`; by `{report.Command}`. Rows: {report.Rows}. Intervals are 95 %.\n"));
        text.Append("""
            - AUROC is over the pairs of one file each, since files differ in register and length; its interval draws clusters of like texts. TPR at an FPR is what a threshold on the line's own people (ham) finds.
            - Flagged and found are what the bundle's own thresholds did, of all texts and of those that got an answer: silence must not buy a rate. Here a text counts once, however many rows hold it. A short text gets an answer only where it stands out: most short ones that are decided are flagged.
            - *not shown*: too few texts to show such a rate or figure. **above**: the whole interval lies above the budget.


            """.ReplaceLineEndings("\n"));
        text.Append(ModelCard.Embedded(pictures));
        foreach (var question in report.Questions) Question(text, question);
        Coverage(text, report.Questions);
        Heads(text, report);
        if (report.Attacks is { Clean: not null } attacks) Attacks(text, attacks);
        return text.ToString();
    }

    private static void Question(StringBuilder text, QuestionReport question)
    {
        text.Append(Line($"## {Title(question)}: {question.Negatives} against {(question.Positives == "unwanted" ? "unwanted mail" : question.Positives)}\n"));
        text.Append(Line($"Budget of the bundle's threshold: {EvaluationText.Percent(question.Budget)} of {question.Negatives}; under {question.FewestNegatives} texts even none flagged does not show it.\n"));
        foreach (var (kind, title, column) in Slices)
        {
            CardLine[] lines = [.. question.Lines.Where(line => line.Kind == kind), .. question.Lines.Where(line => kind == "source" && line.Kind == "all")];
            if (lines.Length == 0) continue;
            text.Append(Line($"### {title}\n"));
            text.Append(Line($"| {column} | {question.Negatives} | {question.Positives} | AUROC | TPR at 5 % FPR | TPR at 1 % FPR | {question.Negatives} flagged | of decided {question.Negatives} | {question.Positives} found | decided |\n|---|---|---|---|---|---|---|---|---|---|"));
            foreach (var line in lines)
                text.Append(Line($"| {line.Name} | {line.Negatives:N0} | {line.Positives:N0} | {Auroc(line)} | {AtBudget(line, line.AtOneIn20)} | {AtBudget(line, line.AtOneIn100)} | {Flagged(line.Flagged, question)} | {Flagged(line.FlaggedOfDecided, question)} | {Found(line.Found)} | {EvaluationText.Percent(line.Decided.Value)} |"));
            text.Append('\n');
        }
    }

    private static void Coverage(StringBuilder text, IReadOnlyList<QuestionReport> questions)
    {
        if (questions.All(question => question.Coverage.Count == 0)) return;
        text.Append("## Coverage of the false-positive rates\n\nA verdict's `falsePositiveRate` should be at most 1 % for at most 1 % of texts by people (ham), and so on. Held out: the source neither taught nor calibrated; of the others, only rows that did neither. *not kept*: the whole interval lies above.\n\n");
        foreach (var question in questions)
        {
            if (question.Coverage.Count == 0) continue;
            var rates = question.Coverage[0].Rates;
            text.Append(Line($"### {Title(question)}\n"));
            if (!question.Coverage.Any(line => line.HeldOut)) text.Append("No source here is held out.\n\n");
            text.Append(Line($"| source | held out | {question.Negatives} with a rate | without | {string.Join(" | ", rates.Select(rate => $"≤ {EvaluationText.Percent(rate.Nominal)}"))} |\n|---|---|---|---|{string.Concat(Enumerable.Repeat("---|", rates.Count))}"));
            foreach (var line in question.Coverage)
                text.Append(Line($"| {line.Source} | {(line.HeldOut ? "yes" : "no")} | {line.Rates[0].Reached.Of:N0} | {line.Unrated:N0} | {string.Join(" | ", line.Rates.Select(Covered))} |"));
            text.Append('\n');
        }
    }

    private static void Heads(StringBuilder text, CardReport report)
    {
        const string Columns = "AUROC | average precision | F1 | ECE | Brier";
        text.Append("## By head\n\nOn every row that is labelled for the head. F1 at the bundle's threshold; ECE over 15 bins of equal mass; ECE and Brier depend on the share of positives.");
        text.Append(report.Research is null ? "\n\n" : " First the default heads, then the research heads, which learned from restricted sources too (not for commercial use).\n\n");
        text.Append(Line($"| head | rows | positive | {Columns} |{(report.Research is null ? "" : $" research: {Columns} |")}\n|---|---|---|---|---|---|---|---|{(report.Research is null ? "" : "---|---|---|---|---|")}"));
        string[] names = [.. report.Heads.Concat(report.Research ?? []).Select(head => head.Head).Distinct(StringComparer.Ordinal)];
        foreach (string name in names)
        {
            HeadFigures? Of(IReadOnlyList<HeadFigures> set) => set.FirstOrDefault(head => head.Head == name);
            var (plain, research) = (Of(report.Heads), report.Research is null ? null : Of(report.Research));
            var counted = plain ?? research!;
            text.Append(Line($"| {name} | {counted.Rows:N0} | {counted.Positives:N0} | {Cells(plain)} |{(report.Research is null ? "" : $" {Cells(research)} |")}"));
        }
        text.Append('\n');
    }

    private static void Attacks(StringBuilder text, AttackReport report)
    {
        text.Append(Line($"## By attack\n\n{report.Humans:N0} texts by people and {report.Machines:N0} by machines of {report.Files} files. AUROC of the authorship head, behind it the difference to the texts as they are with its paired interval: machines' texts attacked, then people's too. `evaluate --task synthetic --attacks` has the criteria.\n"));
        text.Append("| attack | share of places | texts changed | machines attacked | both attacked | machines found | people flagged |\n|---|---|---|---|---|---|---|\n");
        var clean = report.Attacks[0].Columns[0];
        text.Append(Line($"| none | {None} | {None} | {EvaluationText.Short(clean.Clean)} | {EvaluationText.Short(clean.Clean)} | {Decided(report.Clean!)} |"));
        foreach (var attack in report.Attacks)
        {
            var head = attack.Columns[0];
            text.Append(Line($"| {attack.Attack} | {attack.Fraction} | {attack.Changed:N0} | {Moved(head.Clean, head.Machines, head.MachinesDifference)} | {Moved(head.Clean, head.Both, head.BothDifference)} | {Decided(attack.Decided!)} |"));
        }
        text.Append('\n');
    }

    private static string Title(QuestionReport question) => char.ToUpperInvariant(question.Question[0]) + question.Question[1..];

    private static string Auroc(CardLine line) => line.Negatives == 0 || line.Positives == 0 ? None
        : line.Negatives < CardTables.Fewest || line.Positives < CardTables.Fewest ? NotShown
        : WithInterval(line.Auroc, line.AurocInterval);

    private static string AtBudget(CardLine line, Rate? found) => line.Negatives == 0 || line.Positives == 0 ? None
        : found is null ? NotShown
        : $"{EvaluationText.Percent(found.Value)} {EvaluationText.Range(found.Interval)}";

    private static string Flagged(Rate rate, QuestionReport question) => rate.Of == 0 ? None
        : rate.Of >= CardTables.Fewest && rate.Interval.Low > question.Budget ? $"**above {EvaluationText.Percent(question.Budget)}**: {Count(rate)}"
        : rate.Of < question.FewestNegatives ? $"{NotShown}: {Count(rate)}"
        : $"{EvaluationText.Percent(rate.Value)}: {Count(rate)}";

    private static string Found(Rate rate) => rate.Of == 0 ? None : rate.Of < CardTables.Fewest ? $"{NotShown}: {Count(rate)}" : $"{EvaluationText.Percent(rate.Value)}: {Count(rate)}";

    private static string Covered(CoverageRate rate) => rate.Reached.Of == 0 ? None
        : $"{EvaluationText.Percent(rate.Reached.Value)}: {Count(rate.Reached)}, {(rate.Verdict == "not kept" ? $"**{rate.Verdict}**" : rate.Verdict)}";

    private static string Cells(HeadFigures? head)
    {
        if (head is null) return string.Join(" | ", Enumerable.Repeat(None, 5));
        // Enough rows of either answer, but in no one file.
        string auroc = double.IsNaN(head.Auroc) && !double.IsNaN(head.F1) ? None : double.IsNaN(head.Auroc) ? NotShown : WithInterval(head.Auroc, head.AurocInterval);
        return $"{auroc} | {Figure(head.AveragePrecision)} | {Figure(head.F1)} | {Figure(head.CalibrationError)} | {Figure(head.Brier)}";
    }

    private static string Decided(DecidedReport report) => $"{report.Found} of {report.Positives} {EvaluationText.Range(report.TruePositives)} | {report.Flagged} of {report.Negatives} {EvaluationText.Range(report.FalsePositives)}";

    private static string Moved(double clean, double after, Interval difference) =>
        $"{EvaluationText.Short(after)}, {EvaluationText.Signed(after - clean)} [{EvaluationText.Signed(difference.Low)}, {EvaluationText.Signed(difference.High)}]";

    private static string Count(Rate rate) => $"{rate.Count} of {rate.Of} {EvaluationText.Range(rate.Interval)}";

    private static string WithInterval(double value, Interval interval) => double.IsNaN(value) ? None : $"{EvaluationText.Short(value)} {EvaluationText.Range(interval)}";

    private static string Figure(double value) => double.IsNaN(value) ? NotShown : EvaluationText.Short(value);

    private static string Line(FormattableString line) => line.ToString(CultureInfo.InvariantCulture) + "\n";
}
