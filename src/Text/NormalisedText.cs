using System.Text;
using Detection.Text.Normalising;

namespace Detection.Text;

/// <summary>
/// A text as it is judged, and the way back: every UTF-16 unit of <see cref="Text"/> belongs to a span of the original. The spans are
/// in order; what was removed belongs to none.
/// </summary>
public sealed class NormalisedText
{
    private readonly int[] _starts, _ends;
    private readonly IReadOnlyList<TextSpan> _read;

    internal NormalisedText(string original, MappedText text, IReadOnlyList<NormalisationChange> changes, IReadOnlyList<TextSpan> read)
    {
        (Original, Text, Changes, _read) = (original, text.ToString(), changes, read);
        (_starts, _ends) = text.Map();
    }

    public string Original { get; }

    /// <summary>Composed, without invisible characters, with Latin letters where look-alikes stood, one space for every run of white space.</summary>
    public string Text { get; }

    /// <summary>What was normalised away, one entry a kind; empty for ordinary text.</summary>
    public IReadOnlyList<NormalisationChange> Changes { get; }

    /// <summary>The span of the original that a span of <see cref="Text"/> came from. An empty span gives an empty one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a span of <see cref="Text"/>.</exception>
    public (int Start, int End) ToOriginal(int start, int end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, Text.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, end);
        if (start < end) return (_starts[start], _ends[end - 1]);
        int place = start < _starts.Length ? _starts[start] : _ends.Length > 0 ? _ends[^1] : 0;
        return (place, place);
    }

    /// <summary>What was read of the original, as it stood there.</summary>
    public string Read => string.Concat(_read.Select(span => Original[span.Start..span.End]));

    /// <summary>As <see cref="ToOriginal"/>, in parts: what was not read in between, a quote, belongs to none of them, and no part begins or ends with white space.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a span of <see cref="Text"/>.</exception>
    public IReadOnlyList<TextSpan> PartsOfOriginal(int start, int end)
    {
        var (from, to) = ToOriginal(start, end);
        return [.. _read.Select(span => Trim(Math.Max(span.Start, from), Math.Min(span.End, to))).Where(span => span.Length > 0)];
    }

    private TextSpan Trim(int start, int end)
    {
        while (start < end && char.IsWhiteSpace(Original[start])) start++;
        while (start < end && char.IsWhiteSpace(Original[end - 1])) end--;
        return new TextSpan(start, end);
    }

    /// <summary>The smallest span of <see cref="Text"/> that holds all that came from a span of the original; empty if nothing did.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a span of <see cref="Original"/>.</exception>
    public (int Start, int End) ToNormalised(int start, int end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, Original.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, end);
        int first = FirstAbove(_ends, start), last = FirstAbove(_starts, end - 1);
        return start == end ? (first, first) : (first, Math.Max(first, last));
    }

    /// <summary>What was read of the original with one space for every run of white space, and nothing else normalised.</summary>
    internal string WithSpacesCollapsed()
    {
        StringBuilder text = new(Original.Length);
        foreach (TextSpan span in _read)
        {
            foreach (char unit in Original.AsSpan(span.Start, span.Length))
                if (!char.IsWhiteSpace(unit)) text.Append(unit);
                else if (text.Length > 0 && text[^1] != ' ') text.Append(' ');
            if (text.Length > 0 && text[^1] != ' ') text.Append(' ');
        }
        return text.ToString().TrimEnd(' ');
    }

    /// <summary>The index of the first value greater than the limit in a list that does not fall.</summary>
    private static int FirstAbove(int[] values, int limit)
    {
        int low = 0, high = values.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (values[middle] > limit) high = middle;
            else low = middle + 1;
        }
        return low;
    }
}
