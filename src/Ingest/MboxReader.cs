using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Detection.Ingest;

/// <summary>
/// Mails of an mbox in all four dialects (RFC 4155 and mbox(5)): mboxo and mboxrd quote <c>From </c> lines with <c>&gt;</c>; mboxcl and mboxcl2 count bytes
/// in <c>Content-Length</c>, and mboxcl2 quotes nothing. A count that does not lead to the next <c>From </c> line is not believed.
/// </summary>
internal sealed partial class MboxReader(Stream stream, int maxMessageBytes)
{
    private readonly LineReader _lines = new(stream, 1 << 20);

    /// <summary>The bytes of each mail, its <c>From </c> line removed; null for one that is too large and was skipped.</summary>
    public IEnumerable<byte[]?> Read()
    {
        while (SkipToFirst()) yield return One();
    }

    /// <summary>Takes the <c>From </c> line.</summary>
    private bool SkipToFirst()
    {
        while (_lines.TryRead(out var line, out _))
            if (line.StartsWith("From "u8)) return true;
        return false;
    }

    private byte[]? One()
    {
        var mail = new MemoryStream();
        bool tooLarge = false, afterBlank = false;
        int bodyAt = -1, counted = -1;
        var separators = new List<int>();
        while (_lines.Peek(5) is { Length: > 0 } next)
        {
            int body = bodyAt < 0 ? -1 : (int)mail.Length - bodyAt;
            bool from = next.SequenceEqual("From "u8) && (afterBlank || body == counted) && IsSeparator(_lines.Peek(200));
            if (from && (counted < 0 || body >= counted)) break;
            if (from) separators.Add((int)mail.Length);
            if (counted >= 0 && body >= counted && body > counted + 2 && !from) counted = -1;
            if (!_lines.TryRead(out var line, out bool whole)) break;
            afterBlank = whole && IsBlank(line);
            if (mail.Length + line.Length > maxMessageBytes) tooLarge = true;
            if (!tooLarge) mail.Write(line);
            if (bodyAt < 0 && afterBlank)
            {
                bodyAt = (int)mail.Length;
                counted = ContentLength(mail.GetBuffer().AsSpan(0, bodyAt));
            }
        }
        if (tooLarge) return null;
        byte[] bytes = mail.ToArray();
        bool trusted = counted >= 0 && bodyAt >= 0 && bytes.Length - bodyAt >= counted;
        if (!trusted && separators is [var first, ..])
        {
            // The count was wrong: the mail ended at the first separator after all.
            _lines.Unread(bytes.AsSpan(first));
            bytes = bytes[..first];
        }
        bool quotesNothing = trusted && separators.Count > 0;
        return quotesNothing ? bytes[..Math.Min(bytes.Length, bodyAt + counted)] : Unquote(bytes, Math.Max(0, bodyAt));
    }

    private static bool IsBlank(ReadOnlySpan<byte> line) => line.SequenceEqual("\n"u8) || line.SequenceEqual("\r\n"u8);

    /// <summary><c>From sender Mon Jan  1 08:30:00 2026</c>: a sentence that begins with "From" has no time of day.</summary>
    private static bool IsSeparator(ReadOnlySpan<byte> line)
    {
        int end = line.IndexOf((byte)'\n');
        return TimeOfDay().IsMatch(Encoding.Latin1.GetString(end < 0 ? line : line[..end]));
    }

    private static int ContentLength(ReadOnlySpan<byte> headers)
    {
        var match = ContentLengthHeader().Match(Encoding.Latin1.GetString(headers));
        return match.Success && int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int length) ? length : -1;
    }

    /// <summary>One <c>&gt;</c> goes from every line of <c>&gt;…&gt;From </c> (mboxrd; the same for mboxo's only form).</summary>
    private static byte[] Unquote(byte[] mail, int bodyAt)
    {
        var clean = new MemoryStream(mail.Length);
        clean.Write(mail, 0, bodyAt);
        for (int at = bodyAt; at < mail.Length;)
        {
            int length = mail.AsSpan(at).IndexOf((byte)'\n') + 1;
            if (length == 0) length = mail.Length - at;
            var line = mail.AsSpan(at, length);
            bool quoted = line is [(byte)'>', ..] && line.TrimStart((byte)'>').StartsWith("From "u8);
            clean.Write(quoted ? line[1..] : line);
            at += length;
        }
        return clean.ToArray();
    }

    [GeneratedRegex(@"\AFrom .*\b[0-9]{1,2}:[0-9]{2}", RegexOptions.CultureInvariant)]
    private static partial Regex TimeOfDay();

    [GeneratedRegex(@"^Content-Length:[ \t]*([0-9]{1,10})[ \t]*\r?$", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex ContentLengthHeader();
}
