using System.Text;
using System.Text.RegularExpressions;

namespace Detection.Ingest;

/// <summary>
/// Bytes to text where the label may lie. A byte order mark wins; then the label, as long as the bytes bear it out; then what the bytes look like: UTF-8, a Cyrillic code page,
/// windows-1252 (which mail calls iso-8859-1 or us-ascii, as the WHATWG Encoding standard notes). UTF-7 is refused: its only use left is to hide markup.
/// </summary>
internal static partial class Charsets
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly Dictionary<string, string> Aliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["utf8"] = "utf-8",
        ["unicode-1-1-utf-8"] = "utf-8",
        ["gb2312"] = "gb18030",
        ["gbk"] = "gb18030",
        ["cp936"] = "gb18030",
        ["cp932"] = "shift_jis",
        ["ms932"] = "shift_jis",
        ["x-sjis"] = "shift_jis",
        ["ks_c_5601"] = "ks_c_5601-1987",
        ["cp949"] = "ks_c_5601-1987",
        ["big5-hkscs"] = "big5",
        ["iso-8859-8-i"] = "iso-8859-8",
        ["cp874"] = "windows-874",
        ["tis-620"] = "windows-874",
        ["cp850"] = "ibm850",
    };

    // Labels that say nothing: programs put them on whatever they have.
    private static readonly HashSet<string> Weak = new(StringComparer.OrdinalIgnoreCase)
    {
        "us-ascii", "ascii", "ansi_x3.4-1968", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "windows-1252", "cp1252", "default", "unknown-8bit", "x-unknown", "binary", "utf-7", "unicode-1-1-utf-7",
    };

    static Charsets() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>Never fails: what cannot be decoded becomes U+FFFD.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes, string? label)
    {
        label = label?.Trim(' ', '"', '\'');
        if (bytes.StartsWith(Encoding.UTF8.Preamble)) return Encoding.UTF8.GetString(bytes[3..]);
        if (bytes is [0xFF, 0xFE, ..]) return Encoding.Unicode.GetString(bytes[2..]);
        if (bytes is [0xFE, 0xFF, ..]) return Encoding.BigEndianUnicode.GetString(bytes[2..]);
        if (Named(label, bytes) is { } encoding && Borne(bytes, encoding) is { } text) return text;
        return Guess(bytes);
    }

    /// <summary>The charset that HTML names for itself in its first 1,024 bytes (HTML standard §13.2.3.2).</summary>
    public static string? OfHtml(ReadOnlySpan<byte> html)
    {
        var match = Meta().Match(Encoding.Latin1.GetString(html[..Math.Min(html.Length, 1024)]));
        return match.Success ? match.Groups[1].Value : null;
    }

    private static Encoding? Named(string? label, ReadOnlySpan<byte> bytes)
    {
        if (string.IsNullOrEmpty(label) || Weak.Contains(label)) return null;
        if (label.StartsWith("utf-16", StringComparison.OrdinalIgnoreCase) && !bytes.Contains((byte)0)) return null;   // even Chinese has spaces and line breaks
        if (label.Equals("utf-16", StringComparison.OrdinalIgnoreCase)) return BigEndian(bytes) ? Encoding.BigEndianUnicode : Encoding.Unicode;
        if (CodePage().Match(label) is { Success: true } windows) label = "windows-" + windows.Groups[1].Value;
        try { return Encoding.GetEncoding(Aliases.GetValueOrDefault(label, label)); }
        catch (Exception unknown) when (unknown is ArgumentException or NotSupportedException) { return null; }
    }

    /// <summary>The text if the bytes are of this encoding but for a few.</summary>
    private static string? Borne(ReadOnlySpan<byte> bytes, Encoding encoding)
    {
        string text = encoding.GetString(bytes);
        int broken = text.Count(letter => letter == '\uFFFD');
        int sound = text.Count(letter => letter >= 0x80) - broken;
        return broken <= sound / 2 ? text : null;
    }

    private static string Guess(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.ContainsAnyExceptInRange((byte)0, (byte)0x7F))
            return (bytes.IndexOf("\u001B$B"u8) >= 0 ? Encoding.GetEncoding("iso-2022-jp") : Encoding.ASCII).GetString(bytes);
        try { return StrictUtf8.GetString(bytes); }
        catch (DecoderFallbackException) { }
        if (Borne(bytes, Encoding.UTF8) is { } nearly) return nearly;
        return Encoding.GetEncoding(Cyrillic(bytes) ?? "windows-1252").GetString(bytes);
    }

    /// <summary>Words made of bytes from C0 to FF alone are Cyrillic; its small letters are E0–FF in windows-1251 and C0–DF in KOI8-R.</summary>
    private static string? Cyrillic(ReadOnlySpan<byte> bytes)
    {
        int upper = 0, lower = 0, ascii = 0, others = 0, joined = 0;
        bool before = false;
        foreach (byte value in bytes)
        {
            bool letter = value >= 0xC0;
            if (letter) { (upper, lower) = value < 0xE0 ? (upper + 1, lower) : (upper, lower + 1); joined += before ? 1 : 0; }
            else if (char.IsAsciiLetter((char)value)) ascii++;
            else if (value >= 0x80) others++;
            before = letter;
        }
        int high = upper + lower;
        // In western text accented letters are few and stand alone; Thai, Korean and Chinese use the bytes below C0 as well.
        if (high < 4 || joined < high / 2 || others > high / 10 || high < ascii / 4) return null;
        return lower >= upper ? "windows-1251" : "koi8-r";
    }

    /// <summary>Without a mark: the zero bytes of western letters stand first in big endian.</summary>
    private static bool BigEndian(ReadOnlySpan<byte> bytes)
    {
        int even = 0, odd = 0;
        for (int i = 0; i < Math.Min(bytes.Length, 4096); i++)
            if (bytes[i] == 0) { if (i % 2 == 0) even++; else odd++; }
        return even > odd;
    }

    [GeneratedRegex(@"<meta[^>]{0,200}charset\s*=\s*[""']?\s*([\w:.-]{1,40})", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Meta();

    [GeneratedRegex(@"\A(?:cp|win|windows|x-cp|win-|windows_?)-?(125[0-8])\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex CodePage();
}
