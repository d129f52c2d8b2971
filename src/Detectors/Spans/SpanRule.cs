using System.Numerics.Tensors;
using Detection.Contracts;

namespace Detection.Detectors.Spans;

/// <summary>How the scores of a text's tokens become runs of tokens, in a text that is known to use the technique: where the scores are highest.</summary>
/// <param name="Around">Tokens on either side over which a score is averaged.</param>
/// <param name="Above">A token with a higher average belongs to a run.</param>
/// <param name="Slack">So does one that is so close to the highest of its text: the technique is somewhere in it.</param>
/// <param name="Gap">Tokens between two runs that make them one.</param>
/// <param name="Shortest">Tokens of a run; shorter ones count only where a text has no longer one.</param>
public sealed record SpanRule(int Around, float Above, float Slack, int Gap, int Shortest)
{
    private const int MostPlaces = 12;

    /// <summary>Tokens: the most that <see cref="Around"/>, <see cref="Gap"/> and <see cref="Shortest"/> may be.</summary>
    public const int Furthest = 1_000;

    /// <summary>The places of the stored text that the runs stand at, in order; the value is the mean score of a place's tokens. Of many, those with the highest.</summary>
    public IReadOnlyList<EvidenceSpan> Places(ReadOnlySpan<float> scores, ProjectedText text)
    {
        var places = new List<EvidenceSpan>();
        foreach (var (start, end) in Runs(scores))
        {
            double value = Math.Round(TensorPrimitives.Sum(scores[start..end]) / (end - start), 4);
            foreach (var part in text.Places(start, end))
                // Two runs in one word are one place.
                if (places.Count > 0 && part.Start < places[^1].End) places[^1] = places[^1] with { End = Math.Max(places[^1].End, part.End), Value = Math.Max(places[^1].Value, value) };
                else places.Add(new EvidenceSpan("text", part.Start, part.End, value));
        }
        return places.Count <= MostPlaces ? places : [.. places.OrderByDescending(place => place.Value).Take(MostPlaces).OrderBy(place => place.Start)];
    }

    /// <summary>First token and end of each run, in order; at least one, unless there is no token.</summary>
    public IReadOnlyList<(int Start, int End)> Runs(ReadOnlySpan<float> scores)
    {
        float[] averaged = Averaged(scores);
        if (averaged.Length == 0) return [];
        float least = Math.Min(Above, averaged.Max() - Slack);
        var runs = new List<(int Start, int End)>();
        for (int i = 0; i < averaged.Length; i++)
        {
            if (averaged[i] < least) continue;
            if (runs.Count > 0 && i - runs[^1].End <= Gap) runs[^1] = (runs[^1].Start, i + 1);
            else runs.Add((i, i + 1));
        }
        int longest = runs.Max(run => run.End - run.Start);
        return [.. runs.Where(run => run.End - run.Start >= Math.Min(Shortest, longest))];
    }

    private float[] Averaged(ReadOnlySpan<float> scores)
    {
        double[] sums = new double[scores.Length + 1];
        for (int i = 0; i < scores.Length; i++) sums[i + 1] = sums[i] + scores[i];
        float[] averaged = new float[scores.Length];
        for (int i = 0; i < averaged.Length; i++)
        {
            int from = Math.Max(0, i - Around), to = Math.Min(scores.Length, i + Around + 1);
            averaged[i] = (float)((sums[to] - sums[from]) / (to - from));
        }
        return averaged;
    }
}
