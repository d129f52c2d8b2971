namespace Detection.Learning.Metrics;

/// <summary>Right and wrong answers of one yes-or-no question.</summary>
public sealed record Counts(int TruePositives, int FalsePositives, int FalseNegatives, int TrueNegatives)
{
    public int Support => TruePositives + FalseNegatives;
    public double Precision => TruePositives + FalsePositives == 0 ? 0 : TruePositives / (double)(TruePositives + FalsePositives);
    public double Recall => Support == 0 ? 0 : TruePositives / (double)Support;

    /// <summary>2 TP / (2 TP + FP + FN); 0 where nothing is right.</summary>
    public double F1 => TruePositives == 0 ? 0 : 2.0 * TruePositives / (2 * TruePositives + FalsePositives + FalseNegatives);

    public static Counts Of(IEnumerable<(bool Predicted, bool Gold)> rows)
    {
        int[] cells = new int[4];
        foreach (var (predicted, gold) in rows) cells[(predicted ? 0 : 2) + (predicted == gold ? 0 : 1)]++;
        return new Counts(cells[0], cells[1], cells[3], cells[2]);
    }

    /// <summary>2ΣTP / (2ΣTP + ΣFP + ΣFN) over annotated pairs of record and head.</summary>
    public static double MicroF1(IEnumerable<Counts> heads)
    {
        int tp = 0, wrong = 0;
        foreach (var head in heads)
        {
            tp += head.TruePositives;
            wrong += head.FalsePositives + head.FalseNegatives;
        }
        return tp == 0 ? 0 : 2.0 * tp / (2 * tp + wrong);
    }

    /// <summary>Plain mean over the heads that have gold positives; NaN where none has.</summary>
    public static double MacroF1(IEnumerable<Counts> heads)
    {
        double[] scores = [.. heads.Where(head => head.Support > 0).Select(head => head.F1)];
        return scores.Length == 0 ? double.NaN : scores.Average();
    }
}
