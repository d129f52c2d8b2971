namespace Detection.Learning.Metrics;

/// <summary>
/// AUROC over the pairs of one file each: how often a machine's text scores above a person's text of the same file. Files differ in register and length, which one pooled figure would mix in.
/// </summary>
public sealed class WithinFiles
{
    private readonly Row[] _sorted;

    /// <param name="rows">Score, whether the row is machine, and its file.</param>
    public WithinFiles(IReadOnlyList<(double Score, bool Machine, string File)> rows) =>
        _sorted = [.. rows.Select((row, at) => new Row(at, row.Score, row.Machine, row.File)).OrderBy(row => row.File, StringComparer.Ordinal).ThenBy(row => row.Score)];

    /// <summary>Every row counts once; NaN where no file has both.</summary>
    public double Auroc() => Auroc([.. Enumerable.Repeat(1, _sorted.Length)]);

    /// <param name="weights">How often each row counts, in the order of the rows.</param>
    public double Auroc(int[] weights)
    {
        double wins = 0, pairs = 0;
        for (int i = 0; i < _sorted.Length;)
        {
            string file = _sorted[i].File;
            double below = 0, machines = 0;
            while (i < _sorted.Length && _sorted[i].File == file)
            {
                double score = _sorted[i].Score, humans = 0, here = 0;
                for (; i < _sorted.Length && _sorted[i].File == file && _sorted[i].Score.Equals(score); i++)
                    if (_sorted[i].Machine) here += weights[_sorted[i].At];
                    else humans += weights[_sorted[i].At];
                wins += here * (below + humans / 2);
                below += humans;
                machines += here;
            }
            pairs += below * machines;
        }
        return wins / pairs;
    }

    private readonly record struct Row(int At, double Score, bool Machine, string File);
}
