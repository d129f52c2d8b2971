using Detection.Detectors.Heads;
using Detection.Learning.Features;

namespace Detection.Learning.Heads;

/// <summary>Mean and deviation of dense features and rarity of words and grams, over what teaches.</summary>
internal static class FeatureScaling
{
    /// <summary>A head set without heads, which scales features as its heads will see them. Rows that no model has read say nothing of what it would have given.</summary>
    public static HeadSet Of(IReadOnlyList<StoredFeatures> rows)
    {
        int length = rows[0].Dense.Length;
        double[] count = new double[length], sum = new double[length], squares = new double[length];
        double[] words = new double[WordVector.Buckets], grams = new double[CharacterGrams.Buckets];
        foreach (var row in rows)
        {
            for (int i = 0; i < length; i++)
            {
                if (float.IsNaN(row.Dense[i])) continue;
                count[i]++;
                sum[i] += row.Dense[i];
                squares[i] += (double)row.Dense[i] * row.Dense[i];
            }
            foreach (int bucket in row.ForHeads.Words.Bucket) words[bucket]++;
            foreach (int bucket in row.ForHeads.Grams.Bucket) grams[bucket]++;
        }
        float[] mean = [.. sum.Select((value, i) => (float)(value / Math.Max(1, count[i])))];
        float[] deviation = [.. squares.Select((value, i) => (float)Math.Sqrt(Math.Max(1e-8, value / Math.Max(1, count[i]) - (double)mean[i] * mean[i])))];
        float[] Rarity(double[] documents) => [.. documents.Select(seen => (float)(1 + Math.Log((1.0 + rows.Count) / (1 + seen))))];
        return new HeadSet(mean, deviation, Rarity(words), []) { GramRarity = Rarity(grams) };
    }
}

/// <summary>A message's features as heads weigh them: dense ones standardised, words and grams weighed by rarity and scaled to length 1 each.</summary>
internal sealed class ScaledFeatures
{
    public ScaledFeatures(HeadSet scaling, TextFeatures features)
    {
        Dense = scaling.Standardise(features.Dense);
        Words = features.Words with { Count = HeadSet.Weigh(features.Words, scaling.WordRarity) };
        Grams = features.Grams with { Count = HeadSet.Weigh(features.Grams, scaling.GramRarity) };
        Structure = features.Structure.Length > 0 ? features.Structure : new float[StructuralFeatures.Count];
    }

    public float[] Dense { get; }
    public WordVector Words { get; }
    public WordVector Grams { get; }
    public float[] Structure { get; }
}
