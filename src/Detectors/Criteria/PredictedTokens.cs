namespace Detection.Detectors.Criteria;

/// <summary>
/// What a causal language model said of the T tokens of a text that it predicted: arrays of one length T.
/// </summary>
/// <param name="LogProb">ln p of the token that stands there.</param>
/// <param name="Rank">Number of tokens with a strictly larger logit; 0 is the model's first choice.</param>
/// <param name="Entropy">−Σ p ln p of the predicted distribution, in nats.</param>
/// <param name="Variance">Σ p (ln p)² − (Σ p ln p)².</param>
public sealed record PredictedTokens(float[] LogProb, int[] Rank, float[] Entropy, float[] Variance)
{
    public int Count => LogProb.Length;

    /// <summary>Null unless a second model reads along.</summary>
    public SecondModel? Second { get; init; }

    public static PredictedTokens None { get; } = new([], [], [], []);
}

/// <summary>
/// A pair of models with one tokenizer. Here the scores beside it are the performer's.
/// </summary>
/// <param name="CrossEntropy">−Σ_v p_observer(v) ln p_performer(v) at all L positions of the text, the last included although nothing follows it.</param>
/// <param name="LogProb">The performer's ln p of the T predicted tokens, over the vocabulary that both models have.</param>
/// <param name="Variance">Σ_v p_observer(v) (ln p_performer(v))² − CrossEntropy² at the T positions that predict one.</param>
public sealed record SecondModel(float[] CrossEntropy, float[] LogProb, float[] Variance);
