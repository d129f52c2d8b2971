using Detection.Detectors.Heads;
using Detection.Learning.Features;

namespace Detection.Learning.Heads;

/// <summary>Mean and deviation of dense features and rarity of words, over what teaches.</summary>
internal static class FeatureScaling
{
    /// <summary>A head set without heads, which scales features as its heads will see them.</summary>
    public static HeadSet Of(IReadOnlyList<StoredFeatures> rows)
    {
        int length = rows[0].Dense.Length;
        double[] sum = new double[length], squares = new double[length];
        double[] documents = new double[WordVector.Buckets];
        foreach (var row in rows)
        {
            for (int i = 0; i < length; i++)
            {
                sum[i] += row.Dense[i];
                squares[i] += (double)row.Dense[i] * row.Dense[i];
            }
            foreach (int bucket in row.Words.Bucket) documents[bucket]++;
        }
        float[] mean = [.. sum.Select(value => (float)(value / rows.Count))];
        float[] deviation = [.. squares.Select((value, i) => (float)Math.Sqrt(Math.Max(1e-8, value / rows.Count - (double)mean[i] * mean[i])))];
        float[] rarity = [.. documents.Select(count => (float)(1 + Math.Log((1.0 + rows.Count) / (1 + count))))];
        return new HeadSet(mean, deviation, rarity, []);
    }
}
