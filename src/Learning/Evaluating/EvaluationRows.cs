using Detection.Learning.Data;

namespace Detection.Learning.Evaluating;

/// <summary>Which rows of a file are measured.</summary>
internal static class EvaluationRows
{
    /// <summary>
    /// The study half (or, with <paramref name="final"/>, the other half and published test splits whole) of rows that did not teach;
    /// at most <paramref name="most"/>, evenly over the two answers, in the order of their hash.
    /// </summary>
    public static IReadOnlyList<PlacedRow> Choose(IEnumerable<PlacedRow> rows, bool final, string? split, int? most, Func<LabelledRow, bool> positive)
    {
        var allowed = rows
            .Where(row => final ? IsFinal(row) : !SplitRules.IsFinal(row.Row.Text))
            // A split that is asked for is given, what taught included; else only what did not teach.
            .Where(row => split is null ? row.Use != RowUse.Teaches : row.Row.Split == (split == "valid" ? "dev" : split))
            .OrderBy(row => LabelledSet.HashOf(row.Row.Text), StringComparer.Ordinal).ThenBy(row => row.Row.Id, StringComparer.Ordinal).ToArray();
        if (most is not { } limit || allowed.Length <= limit) return allowed;
        var yes = allowed.Where(row => positive(row.Row)).ToArray();
        var no = allowed.Where(row => !positive(row.Row)).ToArray();
        int fewer = Math.Min(Math.Min(yes.Length, no.Length), limit / 2);
        return yes.Length <= no.Length ? [.. yes.Take(fewer), .. no.Take(limit - fewer)] : [.. yes.Take(limit - fewer), .. no.Take(fewer)];
    }

    private static bool IsFinal(PlacedRow row) => SplitRules.IsFinal(row.Row.Text) || row.Row.Split == "test";
}
