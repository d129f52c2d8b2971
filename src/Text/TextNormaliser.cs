using Detection.Text.Normalising;

namespace Detection.Text;

/// <summary>
/// Makes the text that is judged: invisible characters out, canonical composition (NFC), Latin letters for look-alikes, every run of white
/// space (line breaks too: they give labels away in several data sets) one space, none at the ends. Pure, and idempotent. HTML
/// entities are text here.
/// </summary>
public static class TextNormaliser
{
    public static NormalisedText Normalise(string original) => Normalise(original, [new TextSpan(0, original.Length)]);

    /// <summary>The given spans of a text alone, in order and apart, as one text.</summary>
    internal static NormalisedText Normalise(string original, IReadOnlyList<TextSpan> spans)
    {
        ChangeLog changes = new();
        MappedText text = CharacterFilter.Apply(original, spans, changes);
        text = Compose(text, changes);
        MappedText latin = ConfusableWords.Apply(text, changes);
        if (latin != text) text = Compose(latin, changes: null); // a Latin letter may compose with the mark that its look-alike did not
        return new NormalisedText(original, CollapseSpaces(text), changes.ToList(), spans);
    }

    private static MappedText Compose(MappedText text, ChangeLog? changes)
    {
        string before = text.ToString();
        if (CanonicalComposition.IsComposed(before)) return text;
        MappedText after = new(before.Length);
        for (int start = 0, end; start < before.Length; start = end)
        {
            end = CanonicalComposition.ClusterEnd(before, start);
            string cluster = before[start..end], composed = CanonicalComposition.Compose(cluster);
            if (composed == cluster)
                for (int i = start; i < end; i++) after.Add(before[i], text.Span(i, i + 1));
            else
            {
                after.Add(composed, text.Span(start, end));
                changes?.Add(NormalisationChange.Composition, text.Span(start, end));
            }
        }
        return after;
    }

    private static MappedText CollapseSpaces(MappedText text)
    {
        string before = text.ToString();
        MappedText after = new(before.Length);
        for (int start = 0, end; start < before.Length; start = end)
        {
            end = start + 1;
            if (before[start] != ' ')
            {
                after.Add(before[start], text.Span(start, end));
                continue;
            }
            while (end < before.Length && before[end] == ' ') end++;
            if (after.Length > 0 && end < before.Length) after.Add(' ', text.Span(start, end));
        }
        return after;
    }
}
