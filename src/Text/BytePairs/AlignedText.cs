using System.Text;

namespace Detection.Text.BytePairs;

/// <summary>
/// A text and where each of its UTF-16 units came from: the span of a character of the original. Without maps, unit i came from
/// unit i.
/// </summary>
internal sealed class AlignedText(string text, int[]? starts = null, int[]? ends = null)
{
    public string Text { get; } = text;

    public int Start(int unit) => starts is null ? unit : starts[unit];

    /// <summary>The end in the original of the range that ends before <paramref name="end"/>, which is at least 1.</summary>
    public int End(int end) => ends is null ? end : ends[end - 1];

    /// <summary>The text with U+FFFD for every half of a surrogate pair: one unit for one unit, so that offsets stay.</summary>
    public static string WellFormed(string text)
    {
        int first = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF');
        if (first < 0) return text;
        char[]? repaired = null;
        for (int i = first; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])) i++;
            else (repaired ??= text.ToCharArray())[i] = '\uFFFD';
        }
        return repaired is null ? text : new string(repaired);
    }

    /// <summary>A space in front, which belongs to the first character.</summary>
    public static AlignedText WithSpace(Piece piece)
    {
        int length = piece.Length;
        int[] starts = new int[length + 1], ends = new int[length + 1];
        for (int i = 0; i < length; i++)
        {
            starts[i + 1] = piece.Text.Start(piece.Start + i);
            ends[i + 1] = piece.Text.End(piece.Start + i + 1);
        }
        int first = char.IsHighSurrogate(piece.Span[0]) && length > 1 ? 2 : 1;
        (starts[0], ends[0]) = (starts[1], ends[first]);
        return new AlignedText(string.Concat(" ", piece.Span), starts, ends);
    }

    /// <summary>
    /// Canonical composition (NFC). A composed character has the place of the first character that it was composed of, as Hugging
    /// Face tokenizers gives it.
    /// </summary>
    public static Piece Composed(Piece piece)
    {
        string before = piece.Span.ToString();
        if (CanonicalComposition.IsComposed(before)) return piece;
        StringBuilder after = new(before.Length);
        List<int> starts = new(before.Length), ends = new(before.Length);
        for (int start = 0, end; start < before.Length; start = end)
        {
            end = CanonicalComposition.ClusterEnd(before, start);
            string cluster = before[start..end], composed = CanonicalComposition.Compose(cluster);
            after.Append(composed);
            Align(cluster, composed, piece.Start + start, starts, ends);
        }
        AlignedText text = new(after.ToString(), [.. starts], [.. ends]);
        return new Piece(text, 0, text.Text.Length);
    }

    private static void Align(string cluster, string composed, int offset, List<int> starts, List<int> ends)
    {
        List<(int Start, int Length)> from = [];
        for (int i = 0; i < cluster.Length; i += from[^1].Length) from.Add((i, char.IsSurrogatePair(cluster, i) ? 2 : 1));
        int runes = composed.EnumerateRunes().Count(), index = 0;
        foreach (Rune rune in composed.EnumerateRunes())
        {
            (int start, int length) = from[index == 0 ? 0 : Math.Min(index + Math.Max(0, from.Count - runes), from.Count - 1)];
            index++;
            for (int unit = 0; unit < rune.Utf16SequenceLength; unit++)
            {
                starts.Add(offset + start);
                ends.Add(offset + start + length);
            }
        }
    }
}

/// <summary>A part of a text that merges never cross.</summary>
internal readonly record struct Piece(AlignedText Text, int Start, int Length)
{
    public ReadOnlySpan<char> Span => Text.Text.AsSpan(Start, Length);

    public Piece Slice(int start, int length) => new(Text, Start + start, length);
}
