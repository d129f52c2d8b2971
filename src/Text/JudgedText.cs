using System.Text;

namespace Detection.Text;

/// <summary>The text that authorship is judged by: what the sender wrote, without quotes and signatures, normalised. Places lead back to the stored text.</summary>
/// <param name="Normalised">Its <see cref="NormalisedText.Original"/> is the whole stored text.</param>
/// <param name="Sections">The sections of the stored text.</param>
public sealed record JudgedText(NormalisedText Normalised, IReadOnlyList<BodySection> Sections)
{
    public string Text => Normalised.Text;

    /// <summary>Of a text that is all quote or signature (a forwarded message), the whole is judged.</summary>
    public static JudgedText From(string text)
    {
        IReadOnlyList<BodySection> sections = BodySections.Find(text);
        TextSpan[] body = [.. sections.Where(section => section.Kind == SectionKind.Body).Select(section => section.Span)];
        NormalisedText normalised = TextNormaliser.Normalise(text, body);
        if (body.Length < sections.Count && !normalised.Text.EnumerateRunes().Any(Rune.IsLetter)) normalised = TextNormaliser.Normalise(text);
        return new JudgedText(normalised, sections);
    }
}
