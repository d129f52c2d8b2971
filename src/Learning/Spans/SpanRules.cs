using Detection.Detectors.Spans;
using Detection.Learning.Metrics;
using Detection.Text;

namespace Detection.Learning.Spans;

/// <summary>A text that uses a technique: where annotators marked it, and the scores of its tokens.</summary>
internal sealed record ScoredPlaces(ProjectedText Text, float[] Scores, IReadOnlyList<TextSpan> Marked)
{
    public SpanScore Under(SpanRule rule) => SpanScore.Of(Text.Text.Original, rule.Places(Scores, Text).Select(place => new TextSpan(place.Start, place.End)), Marked);
}

/// <summary>Chooses the rule by which scores become places: that of the highest span F1 on texts that use the technique.</summary>
internal static class SpanRules
{
    private const int Levels = 10;
    private static readonly int[] Around = [0, 1, 3, 8], Gaps = [0, 3, 10], Shortest = [1, 3];
    private static readonly float[] Slacks = [0.25f, 1, 2.5f];

    public static (SpanRule Rule, SpanScore Score) Choose(IReadOnlyList<ScoredPlaces> texts, CancellationToken cancellation)
    {
        float[] scores = [.. texts.SelectMany(text => text.Scores).Order()];
        // The lowest level takes whole texts: where nothing is learned, that is the best that can be said. Under the highest only what is close to the highest of its text is taken.
        float[] levels = [.. Enumerable.Range(0, Levels + 1).Select(i => i == 0 ? scores[0] - 1 : scores[(scores.Length - 1) * i / Levels])];
        SpanRule[] rules =
        [
            .. from around in Around from above in levels from slack in Slacks from gap in Gaps from shortest in Shortest select new SpanRule(around, above, slack, gap, shortest),
        ];
        var reached = new SpanScore[rules.Length];
        Parallel.For(0, rules.Length, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, i => reached[i] = SpanScore.Sum(texts.Select(text => text.Under(rules[i]))));
        int best = Enumerable.Range(0, rules.Length).MaxBy(i => reached[i].F1);
        return (rules[best], reached[best]);
    }
}
