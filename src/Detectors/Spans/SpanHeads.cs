using Detection.Contracts;
using Detection.Model;

namespace Detection.Detectors.Spans;

/// <summary>Says of each token how likely it belongs to a place that carries a technique: linear in the token's state, and in that of a token a little later, which has seen what follows.</summary>
/// <param name="Weights">W values for each of <see cref="SpanHeads.Ahead"/>.</param>
public sealed record SpanHead(string Technique, float[] Weights, float Bias, SpanRule Rule);

/// <summary>Where in a text a technique is: heads over the states of single tokens, of the pass that judges the text anyway.</summary>
/// <param name="Layer">Whose states they read, as <see cref="PoolingPlan"/> counts.</param>
public sealed record SpanHeads(int Layer, IReadOnlyList<SpanHead> Heads)
{
    /// <summary>A token's score reads the states so many tokens later; of the last token where there are none.</summary>
    public static IReadOnlyList<int> Ahead { get; } = [0, 2];

    /// <summary>What a pass must hand out.</summary>
    public IReadOnlyList<Projection> Projections { get; } = [.. Heads.SelectMany(head =>
        Ahead.Select((_, at) => new Projection(Layer, head.Weights[(at * head.Weights.Length / Ahead.Count)..((at + 1) * head.Weights.Length / Ahead.Count)])))];

    /// <summary>The places of a technique in a text that uses it, in order, the value the mean score of their tokens; null where no head points at it.</summary>
    /// <param name="text">Of a pass with <see cref="Projections"/>.</param>
    public IReadOnlyList<EvidenceSpan>? Of(string technique, ProjectedText text)
    {
        for (int at = 0; at < Heads.Count; at++)
            if (Heads[at].Technique == technique) return Heads[at].Rule.Places(Scores(text, at), text);
        return null;
    }

    /// <summary>One a token that was read, under one of <see cref="Heads"/>.</summary>
    public float[] Scores(ProjectedText text, int head)
    {
        float[] scores = new float[text.Read];
        Array.Fill(scores, Heads[head].Bias);
        for (int at = 0; at < Ahead.Count; at++)
        {
            var values = text.Of(head * Ahead.Count + at);
            for (int i = 0; i < scores.Length; i++) scores[i] += values[Math.Min(i + Ahead[at], scores.Length - 1)];
        }
        return scores;
    }
}
