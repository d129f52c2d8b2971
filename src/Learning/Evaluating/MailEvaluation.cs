using Detection.Contracts;
using Detection.Learning.Data;
using Detection.Learning.Metrics;

namespace Detection.Learning.Evaluating;

/// <summary>Mail: unwanted (spam with phishing) and phishing, by split.</summary>
internal static class MailEvaluation
{
    public static IReadOnlyList<MailReport> Of(IReadOnlyList<MeasuredRow> rows, TfidfBaseline? baseline)
    {
        if (rows[0].Judgement.Scores.Spam is null) return [];
        var reports = new List<MailReport>();
        foreach (var split in rows.GroupBy(row => row.Row.Split, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            MeasuredRow[] part = [.. split];
            reports.Add(Question("spam", split.Key, part, row => row.Row.Mail != MailKind.Ham, row => row.Judgement.Scores.Spam, row => row.Judgement.Decided.Mail is MailKind.Spam or MailKind.Phishing, baseline));
            if (part.Any(row => row.Row.Mail == MailKind.Phishing))
                reports.Add(Question("phishing", split.Key, part, row => row.Row.Mail == MailKind.Phishing, row => row.Judgement.Scores.Phishing, row => row.Judgement.Decided.Mail == MailKind.Phishing, null));
        }
        return reports;
    }

    private static MailReport Question(string name, string part, MeasuredRow[] rows, Func<MeasuredRow, bool> gold, Func<MeasuredRow, double?> score, Func<MeasuredRow, bool> decided, TfidfBaseline? baseline)
    {
        var ham = rows.Where(row => row.Row.Mail == MailKind.Ham).ToArray();
        double[] negatives = [.. rows.Where(row => !gold(row)).Select(row => score(row) ?? 0)], positives = [.. rows.Where(gold).Select(row => score(row) ?? 0)];
        var probabilities = rows.Select(row => (score(row) ?? 0, gold(row))).ToArray();
        return new MailReport(name, part, ham.Length, positives.Length,
            Counts.Of(rows.Select(row => (score(row) >= 0.5, gold(row)))),
            Counts.Of(rows.Select(row => (decided(row), gold(row)))),
            Interval.ClopperPearson(ham.Count(decided), ham.Length),
            Ranking.Auroc(negatives, positives),
            SyntheticEvaluation.BudgetsOf(negatives, positives),
            Probabilities.ExpectedCalibrationError(probabilities), Probabilities.Brier(probabilities),
            baseline is null ? null : Counts.Of(rows.Select(row => (baseline.Probability(row.Row.Text) >= 0.5, gold(row)))).F1);
    }
}
