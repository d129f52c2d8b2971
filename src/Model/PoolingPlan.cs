namespace Detection.Model;

/// <summary>How the hidden states of a sequence become one vector.</summary>
public enum Pooling
{
    /// <summary>The mean over all tokens.</summary>
    Mean,

    /// <summary>The last token.</summary>
    Last,

    /// <summary>The mean over the first half of the tokens, the odd one included. No token sees a later one, so it is what <see cref="Mean"/> of the half alone would be.</summary>
    FirstHalfMean,

    /// <summary>The last token of the first half.</summary>
    FirstHalfLast,
}

/// <summary>One number a token: the dot product of its state after a layer with a direction of W values.</summary>
public sealed record Projection(int Layer, float[] Direction);

/// <summary>
/// Which hidden states a scorer hands out. Layer k is the state after k blocks, 0 the embedding; the last (the number of layers) is
/// the state after the final norm. The vector is laid out layer by layer as listed, within a layer pooling by pooling as listed, W
/// values each.
/// </summary>
public sealed record PoolingPlan(IReadOnlyList<int> Layers, IReadOnlyList<Pooling> Poolings)
{
    public static PoolingPlan None { get; } = new([], []);

    /// <summary>Handed out for every token beside the pooled vector, in <see cref="TokenScores.Projected"/>.</summary>
    public IReadOnlyList<Projection> Projections { get; init; } = [];

    /// <summary>Tokens of the first half of a sequence.</summary>
    public static int FirstHalf(int tokens) => (tokens + 1) / 2;

    /// <summary>Number of values of a pooled vector for a model of that width.</summary>
    public int Length(int width) => Layers.Count * Poolings.Count * width;

    /// <summary>Where the values of the i-th layer of <see cref="Layers"/> under the j-th pooling begin.</summary>
    public int Offset(int layer, int pooling, int width) => (layer * Poolings.Count + pooling) * width;
}
