using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Detection.Text.BytePairs;

/// <summary>
/// A regular expression of tokenizer.json, matched on code points as Oniguruma does, by .NET's engine, which knows only UTF-16
/// units: every character outside the basic plane is matched as a stand-in from it with the same general category. Patterns whose
/// meaning differs between the two engines are refused.
/// </summary>
internal sealed class CodePointPattern(Regex regex)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20); // the pattern comes from a file

    /// <summary>A pattern that uses nothing but literals of the basic plane, general categories and <c>\s</c>.</summary>
    public static CodePointPattern Parse(JsonField field)
    {
        try
        {
            return new(new Regex(OnigurumaPattern.Translate(field), RegexOptions.CultureInvariant | RegexOptions.Compiled, Patience));
        }
        catch (ArgumentException e) when (e is RegexParseException)
        {
            throw field.Unsupported($"the pattern ({e.Message})");
        }
    }

    public static CodePointPattern Literal(string text) => new(new Regex(Regex.Escape(text), RegexOptions.CultureInvariant, Patience));

    /// <summary>The matches in order as ranges of UTF-16 units of <paramref name="text"/>, which is well-formed.</summary>
    public void Matches(ReadOnlySpan<char> text, List<(int Start, int End)> into)
    {
        into.Clear();
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            foreach (ValueMatch match in regex.EnumerateMatches(text)) into.Add((match.Index, match.Index + match.Length));
            return;
        }
        char[] shadow = new char[text.Length];
        int[] places = new int[text.Length + 1];
        int count = 0, place = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            places[count] = place;
            shadow[count++] = rune.IsBmp ? (char)rune.Value : StandIn(CharUnicodeInfo.GetUnicodeCategory(rune.Value));
            place += rune.Utf16SequenceLength;
        }
        places[count] = place;
        foreach (ValueMatch match in regex.EnumerateMatches(shadow.AsSpan(0, count))) into.Add((places[match.Index], places[match.Index + match.Length]));
    }

    /// <summary>A rare character of the category, from blocks that no known pattern lists (Lisu, Vai, Cyrillic Extended-B, Yi radicals, …).</summary>
    internal static char StandIn(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => '\uA640',
        UnicodeCategory.LowercaseLetter => '\uA641',
        UnicodeCategory.TitlecaseLetter => '\u1F88',
        UnicodeCategory.ModifierLetter => '\uA4F8',
        UnicodeCategory.OtherLetter => '\uA4D0',
        UnicodeCategory.NonSpacingMark => '\uA66F',
        UnicodeCategory.SpacingCombiningMark => '\uA823',
        UnicodeCategory.EnclosingMark => '\uA670',
        UnicodeCategory.DecimalDigitNumber => '\uA620',
        UnicodeCategory.LetterNumber => '\uA6E6',
        UnicodeCategory.OtherNumber => '\uA830',
        UnicodeCategory.ConnectorPunctuation => '\u2054',
        UnicodeCategory.DashPunctuation => '\u2E3A',
        UnicodeCategory.OpenPunctuation => '\u2E28',
        UnicodeCategory.ClosePunctuation => '\u2E29',
        UnicodeCategory.InitialQuotePunctuation => '\u2E02',
        UnicodeCategory.FinalQuotePunctuation => '\u2E03',
        UnicodeCategory.OtherPunctuation => '\uA92E',
        UnicodeCategory.MathSymbol => '\u2A00',
        UnicodeCategory.CurrencySymbol => '\uA838',
        UnicodeCategory.ModifierSymbol => '\uA700',
        UnicodeCategory.OtherSymbol => '\uA490',
        UnicodeCategory.Format => '\uFFF9',
        UnicodeCategory.PrivateUse => '\uE000',
        _ => '\uFFFE', // unassigned; the separators, controls and surrogates all lie in the basic plane
    };
}
