using System.Numerics.Tensors;
using Detection.Checkpoints;
using Detection.Contracts;

namespace Detection.Detectors.Heads;

/// <summary>A head: margin = dense·x + products·p + words·w + grams·g + structure·s + bias, probability = σ(scale · margin + shift).</summary>
/// <param name="Dense">One weight a standardised feature.</param>
/// <param name="Words">One weight a place of <see cref="WordVocabulary"/>, then one a place in its channel (<see cref="OwnWords"/>) or none; empty where the head reads no words.</param>
public sealed record Head(string Name, float[] Dense, float[] Words, float Bias, Platt Calibration)
{
    /// <summary>One weight for each of <see cref="CriteriaProducts"/>; empty where the head reads none.</summary>
    public float[] Products { get; init; } = [];

    /// <summary>As <see cref="Words"/>, a bucket of <see cref="CharacterGrams"/>; empty where the head reads none.</summary>
    public float[] Grams { get; init; } = [];

    /// <summary>Channels that taught it: only there words and grams count once more as those of their channel.</summary>
    public IReadOnlySet<Channel> Own { get; init; } = OwnWords.Channels;

    /// <summary>Judges in its place in any other channel; null: it judges everywhere.</summary>
    public Head? Elsewhere { get; init; }

    /// <summary>One weight an observation of <see cref="StructuralFeatures"/>; empty where the head reads none.</summary>
    public float[] Structure { get; init; } = [];

    /// <summary>Calibrations of channels with enough messages of their own; the others take <see cref="Calibration"/>.</summary>
    public IReadOnlyDictionary<Channel, Platt> OfChannel { get; init; } = new Dictionary<Channel, Platt>();

    /// <summary>The head that judges in a channel.</summary>
    public Head In(Channel channel) => Elsewhere is null || Own.Contains(channel) ? this : Elsewhere;

    /// <summary>Of a margin in a channel.</summary>
    public double Probability(Channel channel, float margin) => In(channel) is var judges && judges.OfChannel.TryGetValue(channel, out var own) ? own.Probability(margin) : judges.Calibration.Probability(margin);
}

/// <summary>Platt's two numbers (1999), fitted on held-out rows; the scale is positive, so that the order of texts is the margin's.</summary>
public sealed record Platt(float Scale, float Shift)
{
    public double Probability(float margin) => 1 / (1 + Math.Exp(-((double)Scale * margin + Shift)));
}

/// <summary>
/// The heads of one bundle over one standardisation. Plain matrix code: no tensor library, the same bits for the same features on one machine.
/// </summary>
public sealed class HeadSet
{
    /// <summary>A feature further from its mean, in standard deviations, counts as this far: one odd number must not decide.</summary>
    public const float Furthest = 8;

    public HeadSet(float[] mean, float[] deviation, WordVocabulary vocabulary, IReadOnlyList<Head> heads)
    {
        (Mean, Deviation, Vocabulary, Heads) = (mean, deviation, vocabulary, heads);
        foreach (var head in heads.Concat(heads.Select(head => head.Elsewhere).OfType<Head>()))
            if (head.Dense.Length != mean.Length || !OwnWords.Fit(head.Words.Length, vocabulary.Places) || !OwnWords.Fit(head.Grams.Length, CharacterGrams.Buckets)
                || head.Structure.Length > StructuralFeatures.Count || !CriteriaProducts.Fit(head.Products.Length, mean.Length))
                throw new ArgumentException($"The head {head.Name} does not fit its features.");
    }

    public float[] Mean { get; }
    public float[] Deviation { get; }
    public WordVocabulary Vocabulary { get; }
    public IReadOnlyList<Head> Heads { get; }

    /// <summary>Inverse document frequency of each bucket of <see cref="CharacterGrams"/>; empty where no head reads them.</summary>
    public float[] GramRarity { get; init; } = [];

    /// <summary>Where a head stands among <see cref="Heads"/>, or, where it is missing, their number.</summary>
    public int Place(string head) => Heads.TakeWhile(one => one.Name != head).Count();

    /// <summary>Other heads over the same scaling.</summary>
    public HeadSet With(IReadOnlyList<Head> heads) => new(Mean, Deviation, Vocabulary, heads) { GramRarity = GramRarity };

    /// <summary>One margin a head, in the order of <see cref="Heads"/>.</summary>
    public float[] Margins(TextFeatures features)
    {
        float[] dense = Standardise(features.Dense);
        WordVector words = Vocabulary.Weighed(features.Words), grams = GramRarity.Length > 0 ? features.Grams with { Count = Weigh(features.Grams, GramRarity) } : WordVector.None;
        float[] products = Heads.Any(head => head.Products.Length > 0) ? CriteriaProducts.Of(dense) : [];
        return [.. Heads.Select(head => Margin(head.In(features.Channel), dense, products, features, words, grams))];
    }

    /// <summary>(x − mean) / deviation, no further than <see cref="Furthest"/>; 0 where there is no number.</summary>
    public float[] Standardise(ReadOnlySpan<float> dense)
    {
        if (dense.Length != Mean.Length) throw new ArgumentException($"The heads read {Mean.Length} features, not {dense.Length}.");
        float[] standard = new float[dense.Length];
        TensorPrimitives.Subtract(dense, Mean, standard);
        TensorPrimitives.Divide(standard, Deviation, standard);
        TensorPrimitives.Min(standard, Furthest, standard);
        TensorPrimitives.Max(standard, -Furthest, standard);
        for (int i = 0; i < standard.Length; i++)
            if (float.IsNaN(standard[i])) standard[i] = 0;
        return standard;
    }

    /// <summary>Counts times rarity (idf), scaled to length 1.</summary>
    public static float[] Weigh(WordVector words, float[] rarity)
    {
        float[] weighted = new float[words.Bucket.Length];
        double length = 0;
        for (int i = 0; i < weighted.Length; i++)
        {
            weighted[i] = words.Count[i] * rarity[words.Bucket[i]];
            length += (double)weighted[i] * weighted[i];
        }
        if (length > 0) TensorPrimitives.Multiply(weighted, (float)(1 / Math.Sqrt(length)), weighted);
        return weighted;
    }

    /// <param name="words">Weighed, as are the grams.</param>
    private float Margin(Head head, float[] dense, float[] products, TextFeatures features, WordVector words, WordVector grams)
    {
        float margin = TensorPrimitives.Dot(dense, head.Dense) + head.Bias
            + Sparse(words, head.Words, features.Channel, head.Own, Vocabulary.Places) + Sparse(grams, head.Grams, features.Channel, head.Own, CharacterGrams.Buckets);
        if (head.Products.Length > 0) margin += TensorPrimitives.Dot(products, head.Products);
        return head.Structure.Length > 0 && features.Structure.Length > 0 ? margin + TensorPrimitives.Dot(features.Structure.AsSpan(0, head.Structure.Length), head.Structure) : margin;
    }

    private static float Sparse(WordVector weighed, float[] weights, Channel channel, IReadOnlySet<Channel> own, int buckets)
    {
        float sum = 0;
        if (weights.Length > 0)
            for (int i = 0; i < weighed.Count.Length; i++) sum += weighed.Count[i] * OwnWords.Weight(weights, weighed.Bucket[i], channel, own, buckets);
        return sum;
    }
}
