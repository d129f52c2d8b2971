using System.Collections.Frozen;
using System.Text;

namespace Detection.Text.Normalising;

/// <summary>The sets of letters that are taken for Latin ones.</summary>
internal enum LookAlike
{
    None,
    Cyrillic,
    Greek,
    Armenian,
    Cherokee,
    Coptic,

    /// <summary>Roman numerals, and letters of phonetic alphabets.</summary>
    Variant,
    Fullwidth,

    /// <summary>Mathematical alphanumerics, circled and squared letters: Latin letters in another dress.</summary>
    Styled,
}

/// <summary>
/// Letters that look like Latin ones, by hand: the 22 of RAID's homoglyph attack (Dugan et al. 2024, arXiv:2405.07940) and what mail and
/// posts use beside them. Pairs of the look-alike and the letter.
/// </summary>
internal static class Confusables
{
    private const string Cyrillic =
        "\u0410A\u0412B\u0421C\u0415E\u041DH\u0406I\u0408J\u041AK\u041CM\u041EO\u0420P\u0405S\u0422T\u0425X\u0423Y\u04AEY\u051AQ\u051CW\u050CG\u04C0I\u0474V\u042Cb"
        + "\u0430a\u0441c\u0501d\u0435e\u04BBh\u0456i\u0458j\u043Ak\u04CFl\u043Eo\u0440p\u051Bq\u0455s\u0475v\u051Dw\u0445x\u0443y\u04AFy";

    private const string Greek =
        "\u0391A\u0392B\u0395E\u0396Z\u0397H\u0399I\u039AK\u039CM\u039DN\u039FO\u03A1P\u03A4T\u03A5Y\u03A7X\u037FJ\u03B1a\u03B9i\u03BAk\u03BDv\u03BFo\u03C1p\u03C5u\u03C7x\u03F2c\u03F3j\u03F9C";

    private const string Armenian = "\u0555O\u054FS\u054DU\u0585o\u0578n\u057Du\u0570h\u0566q\u0581g";

    private const string Cherokee =
        "\u13AAA\u13F4B\u13DFC\u13A0D\u13ACE\u13C0G\u13BBH\u13ABJ\u13E6K\u13DEL\u13B7M\u13E2P\u13DAS\u13A2T\u13D9V\u13D4W\u13C3Z\u13A1R";

    private const string Coptic = "\u2C80A\u2C82B\u2C8EH\u2C92I\u2C94K\u2C98M\u2C9AN\u2C9EO\u2CA2P\u2CA4C\u2CA6T\u2CA8Y\u2CACX\u2C85r\u2C9Fo\u2CA3p\u2CA5c";

    private const string Variant =
        "\u0251a\u0261g\u1D22z\u2160I\u2164V\u2169X\u216CL\u216DC\u216ED\u216FM\u2170i\u2174v\u2179x\u217Cl\u217Dc\u217Ed\u217Fm\u2113l\u212Fe\u210Ag\u210Eh\u2134o\u2102C\u210DH\u2115N\u2119P\u211AQ\u211DR\u2124Z\u210BH\u2110I\u2112L\u211BR\u212CB\u2130E\u2131F\u2133M\u210CH\u2111I\u211CR\u2128Z\u212DC";

    private static readonly FrozenDictionary<int, (char Letter, LookAlike Kind)> Table = MakeTable();

    /// <summary>The Latin letter (or digit) that a rune is taken for; kind None where there is none.</summary>
    public static (char Letter, LookAlike Kind) Find(int rune) => rune < 0x250 ? default : Table.GetValueOrDefault(rune);

    /// <summary>The script of a letter by its block, for those that look-alikes are taken from.</summary>
    public static LookAlike ScriptOf(int rune) => rune switch
    {
        (>= 0x370 and <= 0x3FF) or (>= 0x1F00 and <= 0x1FFF) => LookAlike.Greek,
        (>= 0x400 and <= 0x52F) or (>= 0x1C80 and <= 0x1C8F) or (>= 0x2DE0 and <= 0x2DFF) or (>= 0xA640 and <= 0xA69F) => LookAlike.Cyrillic,
        >= 0x530 and <= 0x58F => LookAlike.Armenian,
        (>= 0x13A0 and <= 0x13FF) or (>= 0xAB70 and <= 0xABBF) => LookAlike.Cherokee,
        >= 0x2C80 and <= 0x2CFF => LookAlike.Coptic,
        _ => LookAlike.None,
    };

    /// <summary>Latin letters, phonetic ones aside: those stand in transcriptions.</summary>
    public static bool IsLatin(int rune) => rune is (>= 'A' and <= 'Z') or (>= 'a' and <= 'z') or 0xAA or 0xBA or (>= 0xC0 and <= 0x24F and not (0xD7 or 0xF7)) or (>= 0x1E00 and <= 0x1EFF)
        or (>= 0xFB00 and <= 0xFB06); // ligatures

    private static FrozenDictionary<int, (char Letter, LookAlike Kind)> MakeTable()
    {
        Dictionary<int, (char Letter, LookAlike Kind)> table = [];
        foreach ((string pairs, LookAlike kind) in new[] { (Cyrillic, LookAlike.Cyrillic), (Greek, LookAlike.Greek), (Armenian, LookAlike.Armenian), (Cherokee, LookAlike.Cherokee), (Coptic, LookAlike.Coptic), (Variant, LookAlike.Variant) })
            for (int i = 0; i < pairs.Length; i += 2) table[pairs[i]] = (pairs[i + 1], kind);
        for (int i = 0; i < 26; i++)
        {
            table[0xFF21 + i] = ((char)('A' + i), LookAlike.Fullwidth);
            table[0xFF41 + i] = ((char)('a' + i), LookAlike.Fullwidth);
            foreach (int capitals in new[] { 0x24B6, 0x1F110, 0x1F130, 0x1F150, 0x1F170 }) table[capitals + i] = ((char)('A' + i), LookAlike.Styled);
            table[0x24D0 + i] = ((char)('a' + i), LookAlike.Styled);
        }
        for (int i = 0; i < 10; i++) table[0xFF10 + i] = ((char)('0' + i), LookAlike.Fullwidth);
        foreach (int symbol in new[] { 0x24C2, 0x1F170, 0x1F171, 0x1F17E, 0x1F17F }) table.Remove(symbol); // emoji: metro, blood groups, parking
        for (int rune = 0x1D400; rune <= 0x1D7FF; rune++) // assigned in the order of their compatibility mappings
            if (new Rune(rune).ToString().Normalize(NormalizationForm.FormKC) is [var letter] && char.IsAsciiLetterOrDigit(letter)) table[rune] = (letter, LookAlike.Styled);
        return table.ToFrozenDictionary();
    }
}
