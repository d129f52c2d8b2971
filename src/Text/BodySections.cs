using System.Text;
using Detection.Text.Sections;

namespace Detection.Text;

/// <summary>Who wrote a part of a body: the sender now, somebody before, or the sender's program.</summary>
public enum SectionKind
{
    Body,

    /// <summary>Quoted lines, what introduces them, replied-to and forwarded messages with their heads.</summary>
    Quote,

    /// <summary>What stands under <c>-- </c> (RFC 3676 §4.3), notes of mail programs, footers of mailing lists.</summary>
    Signature,
}

/// <summary>A part of a text: whole lines with their line breaks.</summary>
public readonly record struct BodySection(SectionKind Kind, TextSpan Span);

/// <summary>Finds quoted replies and signatures. In doubt a line is body: what is left out here is not judged.</summary>
public static class BodySections
{
    /// <summary>The sections in order; together they are the text, and no two neighbours are of one kind.</summary>
    public static IReadOnlyList<BodySection> Find(string text)
    {
        BodyLine[] lines = BodyLine.Split(text);
        SectionKind[] kinds = new SectionKind[lines.Length];
        (string seen, BodyLine[] seenLines) = AsSeen(text, lines);
        QuotedReplies.Mark(seen, seenLines, kinds);
        Signatures.Mark(seen, seenLines, kinds);
        List<BodySection> sections = [];
        for (int i = 0; i < lines.Length; i++)
            if (sections.Count > 0 && sections[^1].Kind == kinds[i]) sections[^1] = sections[^1] with { Span = new TextSpan(sections[^1].Span.Start, lines[i].Next) };
            else sections.Add(new BodySection(kinds[i], new TextSpan(lines[i].Start, lines[i].Next)));
        return sections;
    }

    /// <summary>The same lines as a reader sees them: invisible characters and look-alikes would hide the marks of quotes and signatures.</summary>
    private static (string Text, BodyLine[] Lines) AsSeen(string text, BodyLine[] lines)
    {
        if (Ascii.IsValid(text) || TextNormaliser.Normalise(text) is not { Changes.Count: > 0 } normalised) return (text, lines);
        StringBuilder seen = new(text.Length);
        foreach (BodyLine line in lines)
        {
            (int start, int end) = normalised.ToNormalised(line.Start, line.Next);
            seen.Append(normalised.Text.AsSpan(start, end - start).Trim(' ')).Append('\n');
        }
        return (seen.ToString(), BodyLine.Split(seen.ToString()));
    }
}
