using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Detection.Ingest;

/// <summary>
/// Mails of an mbox in all four dialects (RFC 4155 and mbox(5)): mboxo and mboxrd quote <c>From </c> lines with <c>&gt;</c>; mboxcl and mboxcl2 count bytes
/// in <c>Content-Length</c>, and mboxcl2 quotes nothing. A count that does not lead to the next <c>From </c> line, or to the end, is not believed.
/// </summary>
internal sealed partial class MboxReader(Stream stream, int maxMessageBytes)
{
    private const int LookAhead = 1024;   // a From line and the header line after it
    private readonly LineReader _lines = new(stream, 1 << 20);
    private bool _dated = true;           // From lines of this file end in a date, as they should
    private bool _quotesNothing;          // mboxcl2: a body with an unquoted From line was seen

    /// <summary>The bytes of each mail, its <c>From </c> line removed; null for one that is too large and was skipped.</summary>
    public IEnumerable<byte[]?> Read()
    {
        if (!SkipToFirst()) yield break;
        do yield return One();
        while (_lines.TryRead(out _, out _));   // the next From line, which ended the mail
    }

    /// <summary>Whether bytes begin like an mbox, and not like a letter that starts with "From".</summary>
    public static bool IsStart(ReadOnlySpan<byte> head) =>
        head.StartsWith("From "u8) && (IsDated(FirstLine(head)) || IsField(AfterFirstLine(head)));

    private bool SkipToFirst()
    {
        while (_lines.TryRead(out var line, out _))
        {
            if (!line.StartsWith("From "u8)) continue;
            _dated = IsDated(line);
            return true;
        }
        return false;
    }

    private byte[]? One()
    {
        var mail = new MemoryStream();
        bool fits = ReadLines(mail, headersOnly: true);
        int bodyAt = (int)mail.Length;
        if (fits && ContentLength(mail.GetBuffer().AsSpan(0, bodyAt)) is >= 0 and var count && count <= maxMessageBytes - bodyAt && EndsAfter(count))
        {
            mail.Write(_lines.Peek(count));
            _lines.Skip(count);
            _quotesNothing |= HasFromLine(mail.GetBuffer().AsSpan(bodyAt, count));
            while (_lines.Peek(2) is [(byte)'\n', ..] or [(byte)'\r', (byte)'\n']) _lines.TryRead(out _, out _);
            return _quotesNothing ? mail.ToArray() : Unquote(mail.ToArray(), bodyAt);
        }
        fits &= ReadLines(mail, headersOnly: false);
        return fits ? Unquote(WithoutLastBlank(mail.GetBuffer().AsSpan(0, (int)mail.Length), bodyAt).ToArray(), bodyAt) : null;
    }

    /// <summary>The blank line before the next <c>From </c> belongs to it: without it the mail is what it was before it came into an mbox.</summary>
    private static Span<byte> WithoutLastBlank(Span<byte> mail, int bodyAt) => mail[bodyAt..] switch
    {
        [.., (byte)'\n', (byte)'\r', (byte)'\n'] or [(byte)'\r', (byte)'\n'] => mail[..^2],
        [.., (byte)'\n', (byte)'\n'] or [(byte)'\n'] => mail[..^1],
        _ => mail,
    };

    /// <summary>Up to the blank line that ends the headers, or to the next mail; false: it was too large, and the rest was skipped.</summary>
    private bool ReadLines(MemoryStream mail, bool headersOnly)
    {
        bool fits = true, afterBlank = !headersOnly, lineStart = true;
        while (!(lineStart && IsSeparatorAhead(afterBlank)) && _lines.TryRead(out var line, out lineStart))
        {
            fits &= mail.Length + line.Length <= maxMessageBytes;
            if (fits) mail.Write(line);
            afterBlank = lineStart && line is [(byte)'\n'] or [(byte)'\r', (byte)'\n'];
            if (headersOnly && afterBlank) break;
        }
        return fits;
    }

    private bool IsSeparatorAhead(bool afterBlank) =>
        _lines.Peek(5).SequenceEqual("From "u8) && IsSeparator(_lines.Peek(LookAhead), afterBlank);

    /// <summary>
    /// <c>From sender Mon Jan  1 08:30:00 2026</c> after a blank line, and headers, a blank line or nothing after it. Where the blank line is missing there must be headers; where
    /// this file's lines have no date, both.
    /// </summary>
    private bool IsSeparator(ReadOnlySpan<byte> ahead, bool afterBlank)
    {
        if (_dated && !IsDated(FirstLine(ahead))) return false;
        var next = AfterFirstLine(ahead);
        return afterBlank && _dated ? next.IsEmpty || next[0] is (byte)'\n' or (byte)'\r' || IsField(next) : (afterBlank || _dated) && IsField(next);
    }

    private bool EndsAfter(int count)
    {
        var ahead = _lines.Peek(count + LookAhead);
        if (ahead.Length < count) return false;
        var rest = ahead[count..].TrimStart("\r\n"u8);
        return rest.IsEmpty || (rest.StartsWith("From "u8) && IsSeparator(rest, afterBlank: true));
    }

    private static ReadOnlySpan<byte> FirstLine(ReadOnlySpan<byte> text) => text.IndexOf((byte)'\n') is >= 0 and var end ? text[..end] : text;

    private static ReadOnlySpan<byte> AfterFirstLine(ReadOnlySpan<byte> text) => text.IndexOf((byte)'\n') is >= 0 and var end ? text[(end + 1)..] : [];

    /// <summary><c>Name: value</c>; some programs put another, quoted From line there.</summary>
    private static bool IsField(ReadOnlySpan<byte> line) =>
        line.StartsWith(">From "u8) || (line.IndexOf((byte)':') is > 0 and var colon && !line[..colon].ContainsAnyExceptInRange((byte)33, (byte)126));

    private static bool IsDated(ReadOnlySpan<byte> line) => Date().IsMatch(Encoding.Latin1.GetString(line[..Math.Min(line.Length, LookAhead)]));

    private static int ContentLength(ReadOnlySpan<byte> headers)
    {
        var match = ContentLengthHeader().Match(Encoding.Latin1.GetString(headers));
        return match.Success && int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int length) ? length : -1;
    }

    private static bool HasFromLine(ReadOnlySpan<byte> body) => body.StartsWith("From "u8) || body.IndexOf("\nFrom "u8) >= 0;

    /// <summary>One <c>&gt;</c> goes from every line of <c>&gt;…&gt;From </c> (mboxrd; the same for mboxo's only form).</summary>
    private static byte[] Unquote(byte[] mail, int bodyAt)
    {
        if (mail.AsSpan(bodyAt).IndexOf(">From "u8) < 0) return mail;
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

    [GeneratedRegex(@"\AFrom (?:(?=.{0,300}\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b)(?=.{0,300}\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b)(?=.{0,300}\b(?:19|20)[0-9]{2}\b).{0,300}\b[0-9]{1,2}:[0-9]{2}\b|.{0,300}\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2})", RegexOptions.CultureInvariant)]
    private static partial Regex Date();

    [GeneratedRegex(@"^Content-Length:[ \t]*([0-9]{1,10})[ \t]*\r?$", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex ContentLengthHeader();
}
