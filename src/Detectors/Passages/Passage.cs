using Detection.Text;

namespace Detection.Detectors.Passages;

/// <summary>A few sentences of a text, and what the authorship head makes of them in their place.</summary>
/// <param name="Parts">Where they stand in the stored text; more than one where something that is not judged, a quote, stands between.</param>
/// <param name="Margin">As of a text of these sentences, from the pass over the whole: not to be held against the thresholds of whole texts.</param>
public sealed record Passage(IReadOnlyList<TextSpan> Parts, float Margin)
{
    /// <summary>The places of several passages: what overlaps is one place, with the highest of its margins.</summary>
    public static IReadOnlyList<(TextSpan Place, float Margin)> Join(IEnumerable<Passage> passages)
    {
        var joined = new List<(TextSpan Place, float Margin)>();
        foreach (var (part, margin) in passages.SelectMany(passage => passage.Parts.Select(part => (part, passage.Margin))).OrderBy(one => one.part.Start))
            if (joined.Count > 0 && part.Start < joined[^1].Place.End)
                joined[^1] = (joined[^1].Place with { End = Math.Max(joined[^1].Place.End, part.End) }, Math.Max(joined[^1].Margin, margin));
            else joined.Add((part, margin));
        return joined;
    }
}
