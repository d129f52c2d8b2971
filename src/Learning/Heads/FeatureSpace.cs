using System.Numerics.Tensors;
using Detection.Contracts;
using Detection.Detectors.Heads;
using Detection.Learning.Features;
using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Learning.Heads;

/// <summary>
/// Features as heads learn from them, over what teaches: dense ones standardised, words and runs of characters weighed by rarity, and the thousands of hidden values turned into the
/// few hundred directions in which they vary most. A ridge holds back what varies little anyway; without it a fit is many times faster. Weights are turned back: a head reads hidden values.
/// </summary>
internal sealed class FeatureSpace
{
    private const int MostDirections = 256, MostRows = 8_000, Iterations = 4, Seed = 1;

    private readonly int _hidden;
    private readonly float[][] _directions; // each of the hidden values' length; none: hidden values as they are

    private FeatureSpace(HeadSet scaling, int hidden, float[][] directions) => (Scaling, _hidden, _directions) = (scaling, hidden, directions);

    /// <summary>A head set without heads, which scales features as its heads will see them.</summary>
    public HeadSet Scaling { get; }

    /// <summary>Numbers that stand for hidden states; criteria and surface follow.</summary>
    public int Hidden => _directions.Length == 0 ? _hidden : _directions.Length;

    /// <param name="known">Heads over whose scaling and words others are to learn; null: both are found over the rows.</param>
    public static FeatureSpace Of(FeatureLayout layout, IReadOnlyList<StoredFeatures> rows, HeadSet? known = null)
    {
        var scaling = known switch
        {
            null => ScalingOf(rows),
            { GramRarity.Length: > 0 } => known.With([]),
            // None of them reads runs of characters.
            _ => new HeadSet(known.Mean, known.Deviation, known.Vocabulary, []) { GramRarity = ScalingOf(rows).GramRarity },
        };
        return new FeatureSpace(scaling, layout.Hidden, layout.Hidden <= MostDirections ? [] : Directions(layout.Hidden, scaling, rows));
    }

    public ScaledFeatures[] Scale(IReadOnlyList<StoredFeatures> rows)
    {
        var scaled = new ScaledFeatures[rows.Count];
        Parallel.For(0, rows.Count, i => scaled[i] = Scale(rows[i].ForHeads));
        return scaled;
    }

    /// <summary>Weights of dense features as <see cref="FeatureLayout"/> lays them out.</summary>
    /// <param name="weights">Of the numbers that <see cref="Scale"/> gives.</param>
    public float[] Expand(ReadOnlySpan<float> weights)
    {
        if (_directions.Length == 0) return weights.ToArray();
        float[] expanded = new float[_hidden + weights.Length - Hidden];
        for (int i = 0; i < _directions.Length; i++) TensorPrimitives.MultiplyAdd(_directions[i], weights[i], expanded.AsSpan(0, _hidden), expanded.AsSpan(0, _hidden));
        weights[Hidden..].CopyTo(expanded.AsSpan(_hidden));
        return expanded;
    }

    private ScaledFeatures Scale(TextFeatures features)
    {
        float[] dense = Scaling.Standardise(features.Dense);
        if (_directions.Length > 0)
        {
            float[] turned = new float[Hidden + dense.Length - _hidden];
            var hidden = dense.AsSpan(0, _hidden);
            if (hidden.IndexOfAnyExcept(0f) >= 0)
                for (int i = 0; i < _directions.Length; i++) turned[i] = TensorPrimitives.Dot(_directions[i], hidden);
            dense.AsSpan(_hidden).CopyTo(turned.AsSpan(Hidden));
            dense = turned;
        }
        return new ScaledFeatures(dense, Scaling.Vocabulary.Weighed(features.Words), features.Grams with { Count = HeadSet.Weigh(features.Grams, Scaling.GramRarity) },
            features.Structure.Length > 0 ? features.Structure : new float[StructuralFeatures.Count], features.Channel);
    }

    /// <summary>Rows that no model has read say nothing of what it would have given.</summary>
    private static HeadSet ScalingOf(IReadOnlyList<StoredFeatures> rows)
    {
        int length = rows[0].Dense.Length;
        double[] count = new double[length], sum = new double[length], squares = new double[length];
        int[] words = new int[WordVector.Hashes], grams = new int[CharacterGrams.Buckets];
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
        return new HeadSet(mean, deviation, WordVocabulary.Of(words, rows.Count), []) { GramRarity = [.. grams.Select(documents => WordVocabulary.InverseFrequency(documents, rows.Count))] };
    }

    /// <summary>An orthonormal basis of the leading directions by subspace iteration (Halko, Martinsson and Tropp 2011, arXiv 0909.4061); which basis of them a ridge does not see.</summary>
    private static float[][] Directions(int hidden, HeadSet scaling, IReadOnlyList<StoredFeatures> rows)
    {
        var read = rows.Where(row => !float.IsNaN(row.Dense[0])).ToArray();
        // Evenly over all of them: rows come file by file.
        float[][] sample = [.. Enumerable.Range(0, Math.Min(MostRows, read.Length)).Select(i => scaling.Standardise(read[(int)((long)i * read.Length / Math.Min(MostRows, read.Length))].Dense)[..hidden])];
        int directions = Math.Min(MostDirections, sample.Length);
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var generator = new Generator(Seed, torch.CPU);
        var states = stack(sample.Select(row => tensor(row)));                                    // (n, h)
        var basis = randn([hidden, directions], generator: generator);                           // (h, k)
        for (int i = 0; i < Iterations; i++) (basis, _) = linalg.qr(states.t().mm(states.mm(basis)));
        float[] values = basis.t().contiguous().data<float>().ToArray();
        return [.. Enumerable.Range(0, directions).Select(i => values[(i * hidden)..((i + 1) * hidden)])];
    }
}

/// <summary>A message's features as <see cref="FeatureSpace"/> scales them; words by their place.</summary>
internal sealed record ScaledFeatures(float[] Dense, WordVector Words, WordVector Grams, float[] Structure, Channel Channel);
