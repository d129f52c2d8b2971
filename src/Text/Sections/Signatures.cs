using System.Text.RegularExpressions;

namespace Detection.Text.Sections;

/// <summary>Marks signatures, notes of mail programs and footers of mailing lists, each up to the next quote or the end.</summary>
internal static partial class Signatures
{
    private const int MaxLines = 15, MaxCharacters = 1500; // a longer block under a delimiter is no signature
    private const int MaxLine = 200;

    public static void Mark(string text, BodyLine[] lines, SectionKind[] kinds)
    {
        for (int i = 0, end; i < lines.Length; i = end)
        {
            end = i + 1;
            if (kinds[i] != SectionKind.Body) continue;
            while (end < lines.Length && kinds[end] == SectionKind.Body) end++;
            int start = Start(text, lines, i, end);
            Array.Fill(kinds, SectionKind.Signature, start, end - start);
        }
    }

    /// <summary>Where the signature of a stretch of body begins; its end if it has none.</summary>
    private static int Start(string text, BodyLine[] lines, int from, int to)
    {
        int start = to, full = 0;
        for (int i = to - 1; i >= from && full <= MaxLines && lines[to - 1].Next - lines[i].Start <= MaxCharacters; i--)
        {
            if (lines[i].IsBlank) continue;
            full++;
            ReadOnlySpan<char> line = lines[i].In(text);
            if (line.Length > MaxLine) continue;
            if (line is "--" || IsListFooter(text, lines, i, to) || (full <= 3 && Program().IsMatch(line))) start = i;
        }
        return start;
    }

    private static bool IsListFooter(string text, BodyLine[] lines, int at, int to)
    {
        ReadOnlySpan<char> line = lines[at].In(text);
        if (GroupFooter().IsMatch(line)) return true;
        if (!Rule().IsMatch(line)) return false;
        for (int i = at + 1; i < Math.Min(to, at + 4); i++)
            if (lines[i].In(text).Length <= MaxLine && ListName().IsMatch(lines[i].In(text))) return true;
        return false;
    }

    [GeneratedRegex(@"^(sent from (my|yahoo|mail for|outlook|samsung|the all new|aol)\b.{0,60}|sent via .{1,40}|get outlook for .{1,20}|von meinem .{1,30} gesendet.?|envoyé de(puis)? mon .{1,30}|enviado (desde|do) m.{1,30}|inviato da .{1,20}|verzonden vanaf mijn .{1,30}|skickat från min .{1,30})$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Program();

    [GeneratedRegex(@"^(you received this message because you are subscribed to the google groups|to unsubscribe from this (group|list)|to (un)?subscribe .{0,40}(list|group|majordomo)|-{5,}.{0,60}(yahoo! groups|sponsor).{0,60}$|this (sf\.net|sourceforge) email is sponsored by)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex GroupFooter();

    [GeneratedRegex(@"^[_=*-]{10,}$", RegexOptions.CultureInvariant)]
    private static partial Regex Rule();

    [GeneratedRegex(@"mailing list|sponsored by|\blistinfo\b|unsubscribe", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ListName();
}
