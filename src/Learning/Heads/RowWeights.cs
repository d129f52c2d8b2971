namespace Detection.Learning.Heads;

/// <summary>How much each row counts when a head learns.</summary>
internal static class RowWeights
{
    /// <summary>Every source and answer counts as the square root of its rows, so that no one source decides what machine or spam means.</summary>
    public static List<TaughtExample> Of(string head, IReadOnlyList<Example> teaching, IReadOnlyList<(float[] Dense, float[] Words)> standard)
    {
        var rows = Enumerable.Range(0, teaching.Count).Select(i => (Index: i, Answer: HeadTargets.Of(teaching[i].Row, head))).Where(one => one.Answer is not null).ToArray();
        var counts = rows.GroupBy(row => (teaching[row.Index].SourceGroup, row.Answer)).ToDictionary(group => group.Key, group => group.Count());
        double positives = counts.Where(one => one.Key.Answer == true).Sum(one => Math.Sqrt(one.Value)), negatives = counts.Where(one => one.Key.Answer == false).Sum(one => Math.Sqrt(one.Value));
        return [.. rows.Select(row =>
        {
            var example = teaching[row.Index];
            int count = counts[(example.SourceGroup, row.Answer)];
            double weight = rows.Length / 2.0 / Math.Sqrt(count) / (row.Answer == true ? positives : negatives);
            return new TaughtExample(new TrainingRow(standard[row.Index].Dense, example.Features.Words.Bucket, standard[row.Index].Words, row.Answer == true, (float)weight), example.SourceGroup, example.Placed.Cluster);
        })];
    }
}
