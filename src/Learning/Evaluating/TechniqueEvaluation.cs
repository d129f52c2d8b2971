using Detection.Learning.Data;
using Detection.Learning.Metrics;

namespace Detection.Learning.Evaluating;

/// <summary>
/// Techniques over annotated pairs of record and head; what a source does not annotate is left out. A head that the bundle has not, or that is silent in the record's channel, has not named it:
/// silence must not buy a figure.
/// </summary>
internal static class TechniqueEvaluation
{
    /// <param name="all">All rows of the file, for the TF-IDF floor; null: no floor.</param>
    public static TechniqueReport Of(IReadOnlyList<MeasuredRow> rows, IReadOnlyList<PlacedRow>? all)
    {
        string[] heads = [.. rows.SelectMany(row => row.Row.Techniques!.Keys).Distinct(StringComparer.Ordinal)];
        var lines = new List<TechniqueLine>();
        var floor = new List<Counts>();
        foreach (string head in heads)
        {
            MeasuredRow[] annotated = [.. rows.Where(row => row.Row.Techniques!.ContainsKey(head))];
            lines.Add(Line(head, annotated));
            if (all is null) continue;
            var baseline = TfidfBaseline.Train(all, row => row.Techniques?.TryGetValue(head, out bool present) == true ? present : null);
            floor.Add(Counts.Of(annotated.Select(row => (baseline.Probability(row.Row.Text) >= 0.5, row.Row.Techniques![head]))));
        }
        return new TechniqueReport(Counts.MicroF1(lines.Select(line => line.Counts)), Counts.MacroF1(lines.Select(line => line.Counts)), lines,
            [.. lines.Where(line => line.Counts.Support == 0).Select(line => line.Head)], floor.Count == 0 ? null : Counts.MicroF1(floor));
    }

    private static TechniqueLine Line(string head, MeasuredRow[] rows)
    {
        (double, bool)[] probabilities = [.. rows.Where(row => row.Judgement.Manipulation.GetValueOrDefault(head) is not null).Select(row => (row.Judgement.Manipulation[head]!.Value, row.Row.Techniques![head]))];
        return new TechniqueLine(head,
            Counts.Of(rows.Select(row => (row.Judgement.Decided.Techniques.Contains(head), row.Row.Techniques![head]))),
            Ranking.AveragePrecision(probabilities), Probabilities.ExpectedCalibrationError(probabilities), Probabilities.Brier(probabilities));
    }
}
