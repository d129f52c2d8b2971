using System.Text.RegularExpressions;

namespace Detection.Text.Sections;

/// <summary>Marks quoted lines and earlier messages.</summary>
internal static partial class QuotedReplies
{
    private const int MaxLine = 300; // characters; no introduction is longer
    private const int MaxWrapped = 3; // lines that an introduction is wrapped over
    private const int HeadLines = 6;

    public static void Mark(string text, BodyLine[] lines, SectionKind[] kinds)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            if (kinds[i] == SectionKind.Quote) continue;
            if (IsQuoted(lines[i].In(text))) kinds[i] = SectionKind.Quote;
            else if (Introduction(text, lines, i) is > 0 and int length) i = MarkEarlierMessage(text, lines, kinds, i, length) - 1;
        }
        JoinBlankLines(lines, kinds);
    }

    private static bool IsQuoted(ReadOnlySpan<char> line) => line.StartsWith('>') || (line.Length <= MaxLine && Initials().IsMatch(line));

    /// <summary>The number of lines that introduce an earlier message at a line, 0 if none.</summary>
    private static int Introduction(string text, BodyLine[] lines, int at)
    {
        ReadOnlySpan<char> line = lines[at].In(text);
        if (line.Length is < 4 or > MaxLine) return 0;
        if (Divider().IsMatch(line)) return 1;
        if (HeadField().IsMatch(line) && IsHead(text, lines, at)) return 1;
        if (Rule().IsMatch(line) && at + 1 < lines.Length && HeadField().IsMatch(lines[at + 1].In(text)) && IsHead(text, lines, at + 1)) return 2;
        if (Said().IsMatch(line) && IsQuoted(NextFull(text, lines, at + 1))) return 1;
        return WrappedIntroduction(text, lines, at);
    }

    private static ReadOnlySpan<char> NextFull(string text, BodyLine[] lines, int at)
    {
        for (int i = at; i < Math.Min(lines.Length, at + MaxWrapped); i++)
            if (!lines[i].IsBlank) return lines[i].In(text);
        return default;
    }

    private static int WrappedIntroduction(string text, BodyLine[] lines, int at)
    {
        if (!WroteBegins().IsMatch(lines[at].In(text))) return 0;
        string joined = "";
        for (int i = at; i < Math.Min(lines.Length, at + MaxWrapped) && !lines[i].IsBlank && joined.Length + lines[i].In(text).Length <= MaxLine; i++)
        {
            joined = $"{joined} {lines[i].In(text)}".Trim();
            if (Wrote().IsMatch(joined)) return Moment().IsMatch(joined) ? i - at + 1 : 0;
        }
        return 0;
    }

    /// <summary>Whether a "From:" line begins a head: two more of its fields in the lines below.</summary>
    private static bool IsHead(string text, BodyLine[] lines, int at)
    {
        int fields = 0;
        for (int i = at + 1; i < Math.Min(lines.Length, at + HeadLines) && !lines[i].IsBlank; i++)
            if (lines[i].In(text).Length <= MaxLine && OtherField().IsMatch(lines[i].In(text))) fields++;
        return fields >= 2;
    }

    /// <summary>Marks the introduction and what it introduces: the quoted lines that follow, or else all the rest. Gives the line after.</summary>
    private static int MarkEarlierMessage(string text, BodyLine[] lines, SectionKind[] kinds, int at, int length)
    {
        int next = at + length;
        while (next < lines.Length && lines[next].IsBlank) next++;
        bool quoted = next < lines.Length && IsQuoted(lines[next].In(text));
        int end = quoted ? next : lines.Length;
        Array.Fill(kinds, SectionKind.Quote, at, end - at);
        return end;
    }

    // A blank line between two quoted ones belongs to the quote.
    private static void JoinBlankLines(BodyLine[] lines, SectionKind[] kinds)
    {
        int last = -1;
        for (int i = 0; i < lines.Length; i++)
        {
            if (kinds[i] == SectionKind.Quote)
            {
                if (last >= 0) Array.Fill(kinds, SectionKind.Quote, last, i - last);
                last = i;
            }
            else if (!lines[i].IsBlank) last = -1;
        }
    }

    [GeneratedRegex(@"^[A-Z]{1,3}>( |$)", RegexOptions.CultureInvariant)]
    private static partial Regex Initials();

    // Outlook, Gmail, Apple Mail, Lotus Notes; the dashes of some corpora stand apart.
    [GeneratedRegex(@"^(-\s?){2,}\s*(original message|original appointment|forwarded message|forwarded by\b.*|weitergeleitete nachricht|ursprüngliche nachricht|original-nachricht|message d'origine|message transféré|mensaje original|mensaje reenviado|messaggio originale|messaggio inoltrato|mensagem original|oorspronkelijk bericht|begin forwarded message)\s*:?\s*(-\s?)*$|^begin forwarded message:$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Divider();

    [GeneratedRegex(@"^\*?(from|von|de|da|van|från|fra)\*?\s?:\*? ?\S", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex HeadField();

    [GeneratedRegex(@"^\*?(sent|date|to|cc|subject|reply-to|gesendet|datum|an|betreff|envoyé|à|objet|enviado|fecha|para|asunto|inviato|data|a|oggetto|verzonden|aan|onderwerp|skickat|till|ämne)\*?\s?:\*?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OtherField();

    [GeneratedRegex(@"^[_-]{10,}$", RegexOptions.CultureInvariant)]
    private static partial Regex Rule();

    [GeneratedRegex(@"^(on|am|le|el|il|em|op|den|w dniu|dne) ", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex WroteBegins();

    [GeneratedRegex(@"\b(wrote|schrieb|a écrit|escribió|ha scritto|escreveu|schreef|skrev|napisał\(a\)|napsal)( [^:]{1,100})?\s?:$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Wrote();

    [GeneratedRegex(@"\b(wrote|writes|said|says|schrieb|schreibt|a écrit|escribió|ha scritto|escreveu|schreef)\s?:$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Said();

    // A year, a time or an address: prose that introduces a quotation has none of them, mostly.
    [GeneratedRegex(@"\b(19|20)\d\d\b|\d{1,2}[:.]\d\d|\S@\S", RegexOptions.CultureInvariant)]
    private static partial Regex Moment();
}
