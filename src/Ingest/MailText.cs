using System.Text;
using Detection.Contracts;
using MimeKit;

namespace Detection.Ingest;

/// <summary>RFC 5322 and MIME (RFC 2045–2049) by MimeKit. Where alternatives differ the HTML is judged, since a person sees it, and the difference is a fact.</summary>
internal sealed class MailText
{
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
        var mail = Parse(bytes, options);
        var reading = new MailText(options);
        if (mail.Body is { } body) reading.Visit(body, 0);
        return reading.Result(sent, mail);
    }

    private static MimeMessage Parse(byte[] bytes, IngestOptions options)
    {
        var parserOptions = ParserOptions.Default.Clone();
        parserOptions.MaxMimeDepth = options.MaxDepth;
        try
        {
            using var stream = new MemoryStream(bytes, writable: false);
            return new MimeParser(parserOptions, stream, MimeFormat.Entity).ParseMessage();
        }
        catch (FormatException wrong) { throw new IngestException("raw: no mail headers were found.", wrong); }
    }

    private void Visit(MimeEntity entity, int depth)
    {
        if (++_parts > _options.MaxParts) throw new IngestException($"raw: more than {_options.MaxParts} MIME parts.");
        if (depth > _options.MaxDepth) throw new IngestException($"raw: MIME parts nested deeper than {_options.MaxDepth}.");
        switch (entity)
        {
            case Multipart { Count: 0 } broken:
                // The boundary that the header names never occurs: what stands there is all that there is, and mail programs show it.
                _facts.Add(new Fact("mime-broken", "The parts that the mail announces are not there."));
                Append((broken.Preamble ?? broken.Epilogue ?? "").Replace("\r\n", "\n", StringComparison.Ordinal));
                break;
            case MultipartAlternative alternative: Alternatives(alternative, depth); break;
            case MultipartRelated related:
                if (related.Root is { } root) Visit(root, depth + 1);
                foreach (var part in related.Where(part => part != related.Root)) Attach(part);
                break;
            case Multipart multipart:
                foreach (var part in multipart) Visit(part, depth + 1);
                break;
            case MessagePart { Message: { } inner } nested:
                _attachments.Add(new Attachment(Short(inner.Subject), "message/rfc822", 0));
                if (!nested.IsAttachment && inner.Body is { } body) Visit(body, depth + 1);
                break;
            case TextPart { IsAttachment: false } text: Show(text); break;
            default: Attach(entity); break;
        }
    }

    /// <summary>The last form that a mail program can show wins (RFC 2046 §5.1.4): HTML before plain text.</summary>
    private void Alternatives(MultipartAlternative alternative, int depth)
    {
        var texts = alternative.OfType<TextPart>().Where(part => !part.IsAttachment).ToArray();
        MimeEntity? rich = alternative.LastOrDefault(part => part is TextPart { IsHtml: true } or MultipartRelated or MultipartAlternative);
        var shown = rich ?? texts.LastOrDefault(part => part.IsPlain) ?? alternative.LastOrDefault();
        if (shown is null) return;
        int start = _text.Length;
        Visit(shown, depth + 1);
        foreach (var part in alternative.Where(part => part != shown && part is not TextPart)) Visit(part, depth + 1);
        if (rich is not null && texts.FirstOrDefault(part => part.IsPlain) is { } plain) Compare(Decode(plain), _text.ToString(start, _text.Length - start));
    }

    private void Compare(string plain, string shown)
    {
        var plainWords = Words(plain);
        var shownWords = Words(shown);
        if (plainWords.Count < 5 || shownWords.Count == 0) return;
        double common = plainWords.Count(shownWords.Contains) / (double)plainWords.Union(shownWords).Count();
        if (common < 0.4) _facts.Add(new Fact("alternatives-differ", $"The plain text says something else than the HTML: {common:P0} of their words are common."));

        static HashSet<string> Words(string text) => [.. text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Take(5000).Where(word => word.All(char.IsLetter))];
    }

    private void Show(TextPart part)
    {
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

    private void Append(string words)
    {
        if (_text.Length > 0 && words.Length > 0) _text.Append("\n\n");
        _text.Append(words.TrimEnd());
        if (_text.Length > _options.MaxTextCharacters * 4L) throw new IngestException($"raw: the text is far longer than {_options.MaxTextCharacters} characters.");
    }

    private static string Decode(TextPart part)
    {
        try { return part.Text.Replace("\r\n", "\n", StringComparison.Ordinal); }
        catch (Exception wrong) when (wrong is NotSupportedException or ArgumentException or DecoderFallbackException)
        {
            // A charset that no one knows: the bytes as Latin-1 are better than nothing.
            using var bytes = new MemoryStream();
            part.Content?.DecodeTo(bytes);
            return Encoding.Latin1.GetString(bytes.ToArray()).Replace("\r\n", "\n", StringComparison.Ordinal);
        }
    }

    /// <summary>format=flowed (RFC 3676): a line that ends with a space goes on in the next.</summary>
    private static string Unflow(string text, bool deleteSpace)
    {
        var joined = new StringBuilder(text.Length);
        foreach (var raw in text.AsSpan().EnumerateLines())
        {
            var line = raw is [' ', ..] ? raw[1..] : raw;
            bool flows = line is [.., ' '] && line is not "-- ";
            joined.Append(flows && deleteSpace ? line[..^1] : line);
            if (!flows) joined.Append('\n');
        }
        return joined.ToString();
    }

    private void Attach(MimeEntity entity)
    {
        if (_attachments.Count >= _options.MaxItems) return;
        long size = entity is MimePart { Content.Stream: { } content } ? content.Length : 0;
        string? name = entity.ContentDisposition?.FileName ?? entity.ContentType.Name;
        _attachments.Add(new Attachment(Short(name), entity.ContentType.MimeType, size));
    }

    private Message Result(Message sent, MimeMessage mail)
    {
        var from = mail.From.Mailboxes.FirstOrDefault() ?? mail.Sender;
        var trusted = AuthenticationResults.Read(mail, _options.TrustedReceivers);
        return sent with
        {
            Id = Short(mail.MessageId, 1000),
            Text = _text.ToString(),
            Subject = mail.Subject,
            Author = sent.Author ?? (from is null ? null : new Author(from.Address.ToLowerInvariant(), Short(from.Name), from.Address)),
            Recipients = sent.Recipients ?? [.. mail.To.Mailboxes.Concat(mail.Cc.Mailboxes).Take(_options.MaxItems).Select(to => new Mailbox(Short(to.Name), to.Address))],
            ReplyTo = sent.ReplyTo ?? mail.ReplyTo.Mailboxes.FirstOrDefault()?.Address,
            InReplyTo = sent.InReplyTo ?? Short(mail.InReplyTo, 1000),
            SentAt = sent.SentAt ?? (mail.Headers.Contains(HeaderId.Date) && mail.Date != DateTimeOffset.MinValue ? mail.Date : null),
            ReceivedAt = trusted?.ReceivedAt,
            Authentication = trusted?.Authentication,
            Attachments = _attachments,
            Headers = [.. mail.Headers.Take(_options.MaxItems).Select(header => new Contracts.Header(header.Field, Short(header.Value, 2000) ?? ""))],
            Links = _links,
            Hidden = _hidden,
            Facts = [.. sent.Facts ?? [], .. _facts],
            Channel = sent.Channel == Channel.Other ? Channel.Email : sent.Channel,
        };
    }

    private static string? Short(string? text, int length = 300) => text is null ? null : MessageExtraction.Cut(MessageExtraction.WellFormed(text), length);
}
