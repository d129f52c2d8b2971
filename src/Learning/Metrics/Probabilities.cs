namespace Detection.Learning.Metrics;

/// <summary>Whether probabilities mean what they say. Both figures depend on the share of positives in the rows.</summary>
public static class Probabilities
{
    /// <summary>Mean (p − y)².</summary>
    public static double Brier(IReadOnlyList<(double Probability, bool Positive)> rows) =>
        rows.Count == 0 ? double.NaN : rows.Average(row => Math.Pow(row.Probability - (row.Positive ? 1 : 0), 2));

    /// <summary>Expected calibration error over 15 bins of equal mass: Σ (n_b/n) |mean y − mean p|. Biased upward for few rows.</summary>
    public static double ExpectedCalibrationError(IReadOnlyList<(double Probability, bool Positive)> rows, int bins = 15)
    {
        if (rows.Count == 0) return double.NaN;
        var sorted = rows.OrderBy(row => row.Probability).ToArray();
        double error = 0;
        for (int bin = 0; bin < bins; bin++)
        {
            var part = sorted[(sorted.Length * bin / bins)..(sorted.Length * (bin + 1) / bins)];
            if (part.Length == 0) continue;
            error += Math.Abs(part.Sum(row => (row.Positive ? 1 : 0) - row.Probability)) / sorted.Length;
        }
        return error;
    }
}
