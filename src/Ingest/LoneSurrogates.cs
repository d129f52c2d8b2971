using System.Globalization;

namespace Detection.Ingest;

/// <summary>Half a surrogate pair, escaped in JSON (<c>"\ud83d"</c>), is U+FFFD (contracts.md §1); the .NET reader would refuse the whole message.</summary>
internal static class LoneSurrogates
{
    private const int EscapeLength = 6;   // \uXXXX

    /// <summary>The same bytes where there is none.</summary>
    public static ReadOnlySpan<byte> Replace(ReadOnlySpan<byte> json)
    {
        byte[]? mended = null;
        for (int at = 0; at < json.Length - 1;)
        {
            int next = json[at..].IndexOf((byte)'\\');
            if (next < 0) break;
            at += next;
            int code = Escaped(json, at);
            bool pair = code is >= 0xD800 and < 0xDC00 && Escaped(json, at + EscapeLength) is >= 0xDC00 and < 0xE000;
            if (code is >= 0xD800 and < 0xE000 && !pair) "\\uFFFD"u8.CopyTo((mended ??= json.ToArray()).AsSpan(at));
            at += pair ? 2 * EscapeLength : code >= 0 ? EscapeLength : 2;
        }
        return mended ?? json;
    }

    /// <summary>The code unit that is escaped here; -1: none.</summary>
    private static int Escaped(ReadOnlySpan<byte> json, int at) =>
        at + EscapeLength <= json.Length && json[at] == '\\' && json[at + 1] == 'u'
        && ushort.TryParse(json.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code) ? code : -1;
}
