using Detection.Contracts;
using Detection.Detectors.Criteria;
using Detection.Model;

namespace Detection.Detectors.Heads;

/// <summary>
/// What a head reads of one text, in this order: pooled hidden states (mean over tokens of each layer, then the last token of the last layer; W values each),
/// criteria, surface. Hashed words and runs of characters of subject and body come beside them, and what the make-up of the message says.
/// </summary>
/// <param name="Layers">Ascending; the last one also gives its last token.</param>
/// <param name="Width">W, the size of a hidden state.</param>
public sealed record FeatureLayout(IReadOnlyList<int> Layers, int Width)
{
    /// <summary>Changes whenever a feature changes its meaning or one is added. Version 2 added structure and runs of characters, version 3 three more kinds of request at the end of the structure, version 4 products of criteria, version 5 words of a channel, version 6 a vocabulary of words, version 7 heads for channels that did not teach a technique.</summary>
    public const int Version = 7;

    /// <summary>Heads from this version on can be used: they read only some of what there is now.</summary>
    public const int OldestVersion = 1;

    /// <summary>Changes whenever a feature that a model pass gives changes its meaning: stored ones of another are of no use.</summary>
    internal const int PassVersion = 1;

    public PoolingPlan Plan { get; } = new(Layers, [Pooling.Mean, Pooling.Last]);

    public int Hidden => (Layers.Count + 1) * Width;

    /// <summary>How many features are made from criteria; surface follows them.</summary>
    public int Criteria => CriteriaFeatures.Names.Count;

    public int Length => Hidden + Criteria + SurfaceFeatures.Names.Count;

    /// <summary>Where a feature made from a criterion, or a surface feature, stands.</summary>
    /// <exception cref="ArgumentException">No feature has this name.</exception>
    public int Place(string name)
    {
        for (int i = 0; i < Criteria; i++)
            if (CriteriaFeatures.Names[i] == name) return Hidden + i;
        for (int i = 0; i < SurfaceFeatures.Names.Count; i++)
            if (SurfaceFeatures.Names[i] == name) return Hidden + Criteria + i;
        throw new ArgumentException($"No feature is called {name}.", nameof(name));
    }

    /// <summary>One third, two thirds and the end of a model of that many blocks: early layers carry words, late ones what the model expects.</summary>
    public static FeatureLayout For(int blocks, int width) => new([.. new[] { (blocks + 1) / 3, (2 * blocks + 1) / 3, blocks }.Distinct()], width);

    /// <summary>The dense features of a text that no model has read: surface alone, the others not a number.</summary>
    public float[] Unread(SurfaceFeatures surface)
    {
        float[] features = new float[Length];
        features.AsSpan(0, Hidden + Criteria).Fill(float.NaN);
        surface.Values.CopyTo(features.AsSpan(Hidden + Criteria));
        return features;
    }

    /// <summary>The dense features of a text.</summary>
    /// <param name="pooled">As <see cref="Plan"/> lays it out.</param>
    public float[] Assemble(ReadOnlySpan<float> pooled, PredictedTokens tokens, SurfaceFeatures surface)
    {
        float[] features = new float[Length];
        for (int layer = 0; layer < Layers.Count; layer++) pooled.Slice(Plan.Offset(layer, 0, Width), Width).CopyTo(features.AsSpan(layer * Width));
        pooled.Slice(Plan.Offset(Layers.Count - 1, 1, Width), Width).CopyTo(features.AsSpan(Layers.Count * Width));
        CriteriaFeatures.Fill(tokens, features.AsSpan(Hidden, Criteria));
        surface.Values.CopyTo(features.AsSpan(Hidden + Criteria));
        return features;
    }
}

/// <summary>Everything that heads read of one text.</summary>
public sealed record TextFeatures(float[] Dense, WordVector Words)
{
    /// <summary>As <see cref="CharacterGrams"/> counts them.</summary>
    public WordVector Grams { get; init; } = WordVector.None;

    /// <summary>Whose words they are.</summary>
    public Channel Channel { get; init; }

    /// <summary>As <see cref="StructuralFeatures"/> lays them out; empty where nothing but a text is known.</summary>
    public float[] Structure { get; init; } = [];
}
