namespace Detection.Text.Sections;

/// <summary>A line: its range without the white space around it, and where the line and the next one begin.</summary>
internal readonly record struct BodyLine(int Start, int TextStart, int TextEnd, int Next)
{
    public bool IsBlank => TextStart == TextEnd;

    public ReadOnlySpan<char> In(string text) => text.AsSpan(TextStart, TextEnd - TextStart);

    /// <summary>The lines of a text, broken by LF, CR LF or CR.</summary>
    public static BodyLine[] Split(string text)
    {
        List<BodyLine> lines = [];
        for (int start = 0, next; start < text.Length; start = next)
        {
            int end = text.AsSpan(start).IndexOfAny('\n', '\r') is >= 0 and int length ? start + length : text.Length;
            next = end == text.Length ? end : text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? end + 2 : end + 1;
            ReadOnlySpan<char> line = text.AsSpan(start, end - start);
            int from = start + line.Length - line.TrimStart().Length;
            lines.Add(new BodyLine(start, from, Math.Max(from, start + line.TrimEnd().Length), next));
        }
        return [.. lines];
    }
}
