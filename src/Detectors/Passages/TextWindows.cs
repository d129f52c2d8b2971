using Detection.Text;

namespace Detection.Detectors.Passages;

/// <summary>
/// Cuts a text into windows of whole sentences that overlap by about half, each long enough to be judged: under about fifty tokens nothing is said about who wrote a text.
/// </summary>
internal static class TextWindows
{
    /// <summary>A window ends with the first sentence that makes it this long; where none ends before it would be longer than <see cref="Most"/>, at the end of a line, else there.</summary>
    private const int Least = 60, Most = 100;

    /// <summary>Fewer tokens at the end of the text belong to the window before them.</summary>
    private const int Rest = 25;

    /// <summary>A text with fewer tokens is one window.</summary>
    public const int FewestTokens = Least + Rest;

    private enum Boundary : byte { None, Line, Sentence }

    /// <summary>First token and end of each window, in order; none where the whole text would be one.</summary>
    /// <param name="tokens">Of the normalised text; the first <paramref name="read"/> are cut.</param>
    public static IReadOnlyList<(int Start, int End)> Of(NormalisedText text, Tokens tokens, int read)
    {
        if (read < FewestTokens) return [];
        var before = new Boundary[read];
        for (int i = 1; i < read; i++) before[i] = At(text, tokens.Ends[i - 1]);
        var windows = new List<(int Start, int End)>();
        for (int start = 0; ;)
        {
            int end = End(before, start);
            windows.Add((start, end));
            if (end == read) return windows.Count > 1 ? windows : [];
            start = Middle(before, start, end);
        }
    }

    private static int End(Boundary[] before, int start)
    {
        int read = before.Length;
        if (read - start < Least + Rest) return read;
        int most = Math.Min(start + Most, read - 1), end = most;
        for (int i = start + Least; i <= most; i++)
        {
            if (before[i] == Boundary.Line) end = i;
            if (before[i] != Boundary.Sentence) continue;
            end = i;
            break;
        }
        return read - end < Rest ? read : end;
    }

    /// <summary>Where a sentence, else a line, begins nearest to the middle, in the middle half of the window; not so late that the next window would be too short.</summary>
    private static int Middle(Boundary[] before, int start, int end)
    {
        int quarter = (end - start) / 4, last = Math.Min(end - quarter, before.Length - 2 * Rest), middle = Math.Min((start + end) / 2, last);
        return Enumerable.Range(start + quarter, last - start - quarter + 1).OrderByDescending(i => before[i]).ThenBy(i => Math.Abs(i - middle)).Where(i => before[i] != Boundary.None).Append(middle).First();
    }

    /// <summary>What ends at a place of the normalised text, where line breaks are spaces: the original knows them.</summary>
    private static Boundary At(NormalisedText text, int place)
    {
        if (place <= 0 || place + 1 >= text.Text.Length || text.Text[place] != ' ') return Boundary.None;
        int last = place - 1;
        while (last > 0 && text.Text[last] is '"' or '\'' or ')' or ']' or '”' or '’') last--;
        int from = text.ToOriginal(place - 1, place).End, to = text.ToOriginal(place + 1, place + 2).Start;
        int lines = text.Original.AsSpan(from, to - from).Count('\n');
        // “Really?” she said: one sentence.
        bool goesOn = last < place - 1 && char.IsLower(text.Text[place + 1]);
        return lines > 1 || text.Text[last] is '.' or '!' or '?' or '…' && !goesOn ? Boundary.Sentence : lines == 1 ? Boundary.Line : Boundary.None;
    }
}
