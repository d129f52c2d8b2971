namespace Detection.Model;

/// <summary>
/// What one forward pass says about a sequence of n tokens. The four arrays have n − 1 entries (none for n &lt; 2): entry i belongs to
/// token i + 1, given the tokens before it. Natural logarithms.
/// </summary>
public sealed record TokenScores
{
    /// <summary>ln p(x_t | x_&lt;t)</summary>
    public required float[] LogProb { get; init; }

    /// <summary>Number of strictly larger logits: 0 is the most likely token.</summary>
    public required int[] Rank { get; init; }

    /// <summary>−Σ p ln p over the vocabulary.</summary>
    public required float[] Entropy { get; init; }

    /// <summary>Σ p (ln p)² − (Σ p ln p)²: the variance of ln p under p.</summary>
    public required float[] Variance { get; init; }

    /// <summary>Hidden states as the <see cref="PoolingPlan"/> lays them out; all zero for a sequence without tokens.</summary>
    public required float[] Pooled { get; init; }

    /// <summary>Projection by projection as the plan lists them, n values each; entry i of a projection belongs to token i.</summary>
    public float[] Projected { get; init; } = [];
}
