using System.Globalization;
using System.Text;

namespace Detection.Text.Normalising;

/// <summary>What a character is to the normaliser.</summary>
internal enum CharacterClass
{
    Ordinary,
    Space,
    OddSpace,
    Invisible,
    Bidi,
    Override,
    Selector,
    Tag,
    Control,
}

/// <summary>Classes and blocks of characters (Unicode 16).</summary>
internal static class Characters
{
    public const int Joiner = 0x200D, NonJoiner = 0x200C, ZeroWidthSpace = 0x200B, BlackFlag = 0x1F3F4;

    public static CharacterClass Classify(int rune) => rune switch
    {
        >= 0x20 and < 0x7F => rune == 0x20 ? CharacterClass.Space : CharacterClass.Ordinary,
        '\t' or '\n' or '\v' or '\f' or '\r' or 0x85 or 0xA0 or 0x2028 or 0x2029 => CharacterClass.Space,
        < 0x20 or 0x7F or (>= 0x80 and < 0xA0) => CharacterClass.Control,
        0x1680 or (>= 0x2000 and <= 0x200A) or 0x202F or 0x205F or 0x3000 or 0x3164 or 0xFFA0 or 0x2800 => CharacterClass.OddSpace,
        0xAD or 0x34F or 0x115F or 0x1160 or 0x180E or (>= ZeroWidthSpace and <= Joiner) or (>= 0x2060 and <= 0x2064) or 0xFEFF
            or (>= 0x1D173 and <= 0x1D17A) => CharacterClass.Invisible,
        0x61C or 0x200E or 0x200F or 0x202A or 0x202B or 0x202C or (>= 0x2066 and <= 0x2069) => CharacterClass.Bidi,
        0x202D or 0x202E => CharacterClass.Override,
        (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF) => CharacterClass.Selector,
        >= 0xE0000 and <= 0xE007F => CharacterClass.Tag,
        (>= 0x206A and <= 0x206F) or (>= 0xFFF9 and <= 0xFFFB) or (>= 0xFDD0 and <= 0xFDEF) => CharacterClass.Control,
        _ => (rune & 0xFFFE) == 0xFFFE ? CharacterClass.Control : CharacterClass.Ordinary,
    };

    public static bool IsRightToLeft(int rune) => rune is (>= 0x590 and <= 0x8FF) or (>= 0xFB1D and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFC)
        or (>= 0x10800 and <= 0x10FFF) or (>= 0x1E800 and <= 0x1EFFF);

    /// <summary>Ideographs, kana and Hangul: text in which wide spaces and letters are ordinary.</summary>
    public static bool IsEastAsian(int rune) => rune is (>= 0x1100 and <= 0x11FF and not (0x115F or 0x1160)) or (>= 0x3041 and <= 0x30FF) or (>= 0x3131 and <= 0x318E and not 0x3164)
        or (>= 0x3400 and <= 0x9FFF) or (>= 0xAC00 and <= 0xD7FB) or (>= 0x20000 and <= 0x3FFFD);

    /// <summary>Scripts that spell with joiners and non-joiners: Arabic and its kin, the Indic ones, Mongolian, those of South-East Asia.</summary>
    public static bool JoinsByControl(int rune) => rune is (>= 0x600 and <= 0x8FF) or (>= 0x900 and <= 0xDFF) or (>= 0xE00 and <= 0xEFF) or (>= 0xF00 and <= 0x109F)
        or (>= 0x1780 and <= 0x18AF) or (>= 0x1900 and <= 0x1CFF) or (>= 0xA800 and <= 0xAADF) or (>= 0xFB50 and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFC)
        or (>= 0x10A00 and <= 0x11FFF) or (>= 0x1E900 and <= 0x1E95F);

    public static bool IsPictograph(int rune) => rune is 0x203C or 0x2049 or 0x3030 || (rune > 0x7F && rune != 0x2800 && Confusables.Find(rune).Kind == LookAlike.None && CharUnicodeInfo.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.OtherSymbol or UnicodeCategory.MathSymbol => true,
        UnicodeCategory.ModifierSymbol => rune >= 0x1F3FB,
        _ => false,
    });

    public static bool IsWord(int rune) => Rune.IsValid(rune) && Rune.IsLetterOrDigit(new Rune(rune));

    /// <summary>The character that Windows-1252 has at a C1 control, 0 where it has none: such text was decoded as Latin-1 by mistake.</summary>
    public static char Windows1252(int control) => C1[control - 0x80];

    private const string C1 = "\u20AC\0\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\0\u017D\0"
        + "\0\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\0\u017E\u0178";
}
