using System.Globalization;
using System.Text;

namespace Detection.Moderation.Dashboard;

/// <summary>Characters that a reader cannot see, or that turn the direction of others, are shown by name instead of being obeyed.</summary>
internal static class VisibleText
{
    /// <summary>A run of ordinary text, or one character that is named: <paramref name="Control"/>.</summary>
    public readonly record struct Run(string Text, string? Control);

    public static IEnumerable<Run> Split(string text)
    {
        int start = 0;
        for (int i = 0; i < text.Length;)
        {
            if (NameAt(text, i, out int length) is { } name)
            {
                if (i > start) yield return new Run(text[start..i], null);
                yield return new Run("", name);
                start = i + length;
            }
            i += length;
        }
        if (start < text.Length) yield return new Run(start == 0 ? text : text[start..], null);
    }

    /// <summary>At most <paramref name="length"/> characters, never half of a pair; the rest becomes an ellipsis.</summary>
    public static string Cut(string text, int length)
    {
        if (text.Length <= length) return text;
        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[length - 1]) ? length - 1 : length), "…");
    }

    /// <summary>The name of the character at <paramref name="index"/>; null for what shows itself, and for joiners where scripts and emoji need them.</summary>
    public static string? NameAt(string text, int index, out int length)
    {
        Rune.DecodeFromUtf16(text.AsSpan(index), out var rune, out length);
        bool joins = rune.Value is 0x200C or 0x200D && index > 0 && index + 1 < text.Length && text[index - 1] >= 0x0590 && text[index + 1] >= 0x0590;
        return joins ? null : Name(rune);
    }

    private static string? Name(Rune rune) => rune.Value switch
    {
        '\n' or '\t' or '\r' => null,
        0xAD => "soft hyphen",
        0x200B => "zero-width space",
        0x200C => "ZWNJ",
        0x200D => "ZWJ",
        0x200E => "LRM",
        0x200F => "RLM",
        0x202A => "LRE",
        0x202B => "RLE",
        0x202C => "PDF",
        0x202D => "LRO",
        0x202E => "RLO",
        0x2060 => "word joiner",
        0x2066 => "LRI",
        0x2067 => "RLI",
        0x2068 => "FSI",
        0x2069 => "PDI",
        0xFEFF => "BOM",
        // Blank although letters by category.
        0x115F or 0x1160 or 0x3164 or 0xFFA0 or 0x2800 => Code(rune),
        >= 0xE0000 and <= 0xE007F => Code(rune),
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse
            ? Code(rune)
            : null,
    };

    private static string Code(Rune rune) => "U+" + rune.Value.ToString("X4", CultureInfo.InvariantCulture);
}
