using Detection.Detectors.Criteria;
using Detection.Model;

namespace Detection.Detectors.Heads;

/// <summary>
/// What a head reads of one text, in this order: pooled hidden states (mean over tokens of each layer, then the last token of the last layer; W values each),
/// criteria, surface. Words of subject and body come beside them, hashed.
/// </summary>
/// <param name="Layers">Ascending; the last one also gives its last token.</param>
/// <param name="Width">W, the size of a hidden state.</param>
public sealed record FeatureLayout(IReadOnlyList<int> Layers, int Width)
{
    /// <summary>Changes whenever a feature changes its meaning: heads of another version cannot be used.</summary>
    public const int Version = 1;

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
public sealed record TextFeatures(float[] Dense, WordVector Words);
