using System.Text;
using Detection.Contracts;
using MimeKit;
using MimeKit.IO;

namespace Detection.Ingest;

/// <summary>RFC 5322 and MIME (RFC 2045–2049) by MimeKit. Where alternatives differ the HTML is judged, since a person sees it, and the difference is a fact.</summary>
internal sealed class MailText
{
    // Text in name, but nothing that a mail program shows as the message.
    private static readonly HashSet<string> Data = new(StringComparer.OrdinalIgnoreCase) { "calendar", "csv", "tab-separated-values", "vcard", "x-vcard", "directory", "rtf", "css", "javascript", "xml", "x-amp-html" };

    private readonly IngestOptions _options;
    private readonly StringBuilder _text = new();
    private readonly List<Attachment> _attachments = [];
    private readonly List<Link> _links = [];
    private readonly List<HiddenText> _hidden = [];
    private readonly List<Fact> _facts = [];
    private int _parts;

    private MailText(IngestOptions options) => _options = options;

    /// <exception cref="IngestException">No mail at all, or over a limit.</exception>
    public static Message Read(Message sent, byte[] bytes, IngestOptions options)
    {
        try
        {
            var reading = new MailText(options);
            using var mail = Parse(bytes, options);
            if (mail.Body is { } body) reading.Visit(body, 0);
            return reading.Result(sent, mail);
        }
        catch (Exception wrong) when (wrong is not (IngestException or OutOfMemoryException))
        {
            // Strangers choose these bytes: whatever a parser stumbles over is a broken mail, and never the end of the reader.
            throw new IngestException(wrong is FormatException ? "raw: no mail headers were found." : "raw: the mail cannot be read.", wrong);
        }
    }

    private static MimeMessage Parse(byte[] bytes, IngestOptions options)
    {
        var parserOptions = ParserOptions.Default.Clone();
        parserOptions.MaxMimeDepth = options.MaxDepth;
        int start = Start(bytes);
        using var stream = new MemoryStream(bytes, start, bytes.Length - start, writable: false);
        return new MimeParser(parserOptions, stream, MimeFormat.Entity).ParseMessage();
    }

    /// <summary>After the <c>From </c> line of an mbox, which some programs leave in the files they export.</summary>
    private static int Start(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("From "u8) || bytes.StartsWith(">From "u8) ? bytes.IndexOf((byte)'\n') + 1 : 0;

    private void Visit(MimeEntity entity, int depth)
    {
        Count(depth);
        switch (entity)
        {
            case Multipart { Count: 0 } broken:
                // The boundary that the header names never occurs: what stands there is all that there is, and mail programs show it.
                _facts.Add(new Fact("mime-broken", "The parts that the mail announces are not there."));
                Append((broken.Preamble ?? broken.Epilogue ?? "").Replace("\r\n", "\n", StringComparison.Ordinal));
                break;
            case MultipartAlternative alternative: Choose(alternative, depth); break;
            case MultipartRelated { Root: { } root } related:
                Visit(root, depth + 1);
                foreach (var part in related.Where(part => part != root)) AttachAll(part, depth + 1);
                break;
            case Multipart multipart:
                foreach (var part in multipart) Visit(part, depth + 1);
                break;
            case MessagePart { Message: { } inner } nested:
                Attach(nested);
                if (!nested.IsAttachment && inner.Body is { } body) Visit(body, depth + 1);
                break;
            case TextPart text when IsShown(text): Show(text); break;
            case MimePart { IsAttachment: false, FileName: null } part when !HasType(part): Append(Decode(part)); break;
            default: Attach(entity); break;
        }
    }

    /// <summary>The last form that a mail program can show wins (RFC 2046 §5.1.4), and HTML before plain text, wherever it lies inside.</summary>
    private void Choose(MultipartAlternative alternative, int depth)
    {
        var rich = alternative.LastOrDefault(HasHtml);
        var plain = alternative.OfType<TextPart>().LastOrDefault(part => part.IsPlain && IsShown(part));
        var shown = rich ?? plain ?? alternative.LastOrDefault(part => part is Multipart) ?? alternative.LastOrDefault();
        if (shown is null) return;
        int start = _text.Length;
        Visit(shown, depth + 1);
        foreach (var part in alternative.Where(part => part != shown && part is not TextPart { IsPlain: true } and not TextPart { IsHtml: true })) AttachAll(part, depth + 1);
        if (rich is not null && plain is not null && Alternatives.Differ(Decode(plain), _text.ToString(start, _text.Length - start)) is { } difference) _facts.Add(difference);
    }

    private static bool HasHtml(MimeEntity entity) => entity switch
    {
        TextPart text => text.IsHtml && IsShown(text),
        Multipart multipart => multipart.Any(HasHtml),
        _ => false,
    };

    private static bool IsShown(TextPart part) => !part.IsAttachment && !Data.Contains(part.ContentType.MediaSubtype);

    /// <summary>What has no <c>type/subtype</c> is plain text (RFC 2045 §5.2), and mail programs show it.</summary>
    private static bool HasType(MimePart part) => part.Headers[HeaderId.ContentType]?.Split(';')[0].Contains('/', StringComparison.Ordinal) ?? true;

    private void Show(TextPart part)
    {
        if (_text.Length > _options.MaxTextCharacters) return;
        string decoded = Decode(part);
        if (part.IsHtml)
        {
            var html = HtmlText.Read(decoded, _options);
            _links.AddRange(html.Links);
            _hidden.AddRange(html.Hidden);
            _facts.AddRange(html.Facts);
            decoded = html.Text;
        }
        else if (part.IsFlowed)
        {
            decoded = Unflow(decoded, part.ContentType.Parameters["delsp"]?.Equals("yes", StringComparison.OrdinalIgnoreCase) == true);
        }
        Append(decoded);
    }

    /// <summary>One character over the limit at most: then extraction knows that there was more.</summary>
    private void Append(string words)
    {
        if (_text.Length > _options.MaxTextCharacters) return;
        if (_text.Length > 0 && words.Length > 0) _text.Append("\n\n");
        _text.Append(MessageExtraction.Cut(words.TrimEnd(), _options.MaxTextCharacters + 1));
    }

    private static string Decode(MimePart part)
    {
        if (part.Content is null) return "";
        using var decoded = new MemoryStream();
        part.Content.DecodeTo(decoded);
        var bytes = decoded.GetBuffer().AsSpan(0, (int)decoded.Length);
        string? label = part.ContentType.Charset ?? (part is TextPart { IsHtml: true } ? Charsets.OfHtml(bytes) : null);
        return Charsets.Decode(bytes, label).Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    /// <summary>format=flowed (RFC 3676): a line that ends with a space goes on in the next, as long as both are quoted equally deep.</summary>
    private static string Unflow(string text, bool deleteSpace)
    {
        var joined = new StringBuilder(text.Length);
        int before = -1;   // quote depth of a line that flows into the next
        foreach (string whole in text.Split('\n'))
        {
            int depth = whole.Length - whole.AsSpan().TrimStart('>').Length;
            string line = whole[depth..] is [' ', .. var unstuffed] ? unstuffed : whole[depth..];
            if (joined.Length > 0 && before != depth && before >= 0) joined.Append('\n');
            if (before != depth && depth > 0) joined.Append('>', depth).Append(' ');
            bool flows = line is [.., ' '] && line != "-- ";
            joined.Append(flows && deleteSpace ? line[..^1] : line);
            if (!flows) joined.Append('\n');
            before = flows ? depth : -1;
        }
        return joined.ToString();
    }

    private void AttachAll(MimeEntity entity, int depth)
    {
        if (entity is not Multipart multipart) { Attach(entity); return; }
        Count(depth);
        foreach (var part in multipart) AttachAll(part, depth + 1);
    }

    private void Attach(MimeEntity entity)
    {
        if (_attachments.Count >= _options.MaxItems) return;
        string? name = entity.ContentDisposition?.FileName ?? entity.ContentType.Name ?? (entity as MessagePart)?.Message?.Subject;
        _attachments.Add(new Attachment(Short(name), Short(entity.ContentType.MimeType), Size(entity)));
    }

    /// <summary>Bytes after decoding.</summary>
    private static long Size(MimeEntity entity)
    {
        using var measure = new MeasuringStream();
        if (entity is MimePart { Content: { } content }) content.DecodeTo(measure);
        else if (entity is MessagePart { Message: { } message }) message.WriteTo(measure);
        return measure.Length;
    }

    private void Count(int depth)
    {
        if (++_parts > _options.MaxParts) throw new IngestException($"raw: more than {_options.MaxParts} MIME parts.");
        if (depth > _options.MaxDepth) throw new IngestException($"raw: MIME parts nested deeper than {_options.MaxDepth}.");
    }

    private Message Result(Message sent, MimeMessage mail)
    {
        var from = mail.From.Mailboxes.FirstOrDefault() ?? mail.Sender;
        var trusted = AuthenticationResults.Read(mail, _options.TrustedReceivers);
        return sent with
        {
            Id = Short(mail.MessageId ?? mail.Headers[HeaderId.MessageId]?.Trim('<', '>', ' ', '\t', '\r', '\n'), 1000),
            Text = _text.ToString(),
            Subject = mail.Subject,
            Author = sent.Author ?? (from is null ? null : new Author(Address(from)?.ToLowerInvariant(), Short(from.Name), Address(from))),
            Recipients = sent.Recipients ?? [.. mail.To.Mailboxes.Concat(mail.Cc.Mailboxes).Take(_options.MaxItems).Select(to => new Mailbox(Short(to.Name), Address(to)))],
            ReplyTo = sent.ReplyTo ?? (mail.ReplyTo.Mailboxes.FirstOrDefault() is { } reply ? Address(reply) : null),
            InReplyTo = sent.InReplyTo ?? Short(mail.InReplyTo, 1000),
            SentAt = sent.SentAt ?? (mail.Headers.Contains(HeaderId.Date) && mail.Date != DateTimeOffset.MinValue ? mail.Date : null),
            ReceivedAt = trusted?.ReceivedAt,
            Authentication = trusted?.Authentication,
            Attachments = _attachments,
            Headers = [.. mail.Headers.Take(_options.MaxItems).Select(header => new Contracts.Header(Short(header.Field) ?? "", Short(header.Value, 2000) ?? ""))],
            Links = _links,
            Hidden = _hidden,
            Facts = [.. sent.Facts ?? [], .. _facts],
            Channel = sent.Channel == Channel.Other ? Channel.Email : sent.Channel,
        };
    }

    private static string? Address(MailboxAddress mailbox) => mailbox.Address is { Length: > 0 } address ? Short(address) : null;

    private static string? Short(string? text, int length = 300) => text is null ? null : MessageExtraction.Cut(MessageExtraction.WellFormed(text), length);
}
