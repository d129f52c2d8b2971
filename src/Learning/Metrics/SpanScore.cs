using Detection.Text;

namespace Detection.Learning.Metrics;

/// <summary>
/// Span precision and recall as SemEval-2020 task 11 scores them, for one technique: P = (1/|S|) Σ |s∩g|/|s| and R = (1/|G|) Σ |s∩g|/|g| over the predicted places S and the marked ones G.
/// Places of one text that overlap are one; lengths are Unicode code points.
/// </summary>
/// <param name="Predicted">|S|</param>
/// <param name="Marked">|G|</param>
/// <param name="Right">Σ |s∩g|/|s|</param>
/// <param name="Found">Σ |s∩g|/|g|</param>
public sealed record SpanScore(int Predicted, int Marked, double Right, double Found)
{
    public static SpanScore None { get; } = new(0, 0, 0, 0);

    public double Precision => Predicted == 0 ? 0 : Right / Predicted;
    public double Recall => Marked == 0 ? 0 : Found / Marked;
    public double F1 => Right + Found == 0 ? 0 : 2 * Precision * Recall / (Precision + Recall);

    /// <summary>Of one text and technique.</summary>
    public static SpanScore Of(string text, IEnumerable<TextSpan> predicted, IEnumerable<TextSpan> marked)
    {
        TextSpan[] s = [.. Join(predicted)], g = [.. Join(marked)];
        double right = 0, found = 0;
        foreach (var one in s)
            foreach (var other in g)
            {
                int both = CodePoints(text, Math.Max(one.Start, other.Start), Math.Min(one.End, other.End));
                if (both == 0) continue;
                right += both / (double)CodePoints(text, one.Start, one.End);
                found += both / (double)CodePoints(text, other.Start, other.End);
            }
        return new SpanScore(s.Length, g.Length, right, found);
    }

    /// <summary>Over texts, or over techniques (micro): numbers and sums are added.</summary>
    public static SpanScore Sum(IEnumerable<SpanScore> scores) =>
        scores.Aggregate(None, (sum, one) => new SpanScore(sum.Predicted + one.Predicted, sum.Marked + one.Marked, sum.Right + one.Right, sum.Found + one.Found));

    private static List<TextSpan> Join(IEnumerable<TextSpan> spans)
    {
        var joined = new List<TextSpan>();
        foreach (var span in spans.Where(span => span.Length > 0).OrderBy(span => span.Start))
            if (joined.Count > 0 && span.Start < joined[^1].End) joined[^1] = joined[^1] with { End = Math.Max(joined[^1].End, span.End) };
            else joined.Add(span);
        return joined;
    }

    private static int CodePoints(string text, int start, int end)
    {
        int points = 0;
        for (int i = start; i < end; i++)
            if (i == start || !char.IsLowSurrogate(text[i]) || !char.IsHighSurrogate(text[i - 1])) points++;
        return points;
    }
}
