using System.Text.Json;
using Detection.Contracts;

namespace Detection.Ingest;

/// <summary>The messages of one file or stream, one after the other; only one is held at a time.</summary>
internal sealed class SourceReading(string path, Stream stream, IngestOptions options)
{
    public IEnumerable<IngestItem> Read(SourceKind kind) => kind switch
    {
        SourceKind.Mail => Whole(bytes => [MessageJson.FromMail(bytes)], isMail: true),
        SourceKind.Mbox => Mbox(),
        SourceKind.JsonLines => Lines(),
        SourceKind.JsonWhole => Whole(bytes => MessageJson.ParseMany(bytes)),
        SourceKind.Text => Whole(bytes => [new Message { Text = Charsets.Decode(bytes, label: null) }]),
        _ => [new IngestItem(path, 0, null, "neither mail, mbox, JSON lines nor text")],
    };

    private IEnumerable<IngestItem> Whole(Func<byte[], IReadOnlyList<Message>> read, bool isMail = false)
    {
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        for (int length; (length = stream.Read(buffer, 0, buffer.Length)) > 0;)
        {
            bytes.Write(buffer, 0, length);
            if (bytes.Length > options.MaxMessageBytes) return [Refused(0, $"larger than {options.MaxMessageBytes} bytes")];
        }
        try
        {
            byte[] all = bytes.ToArray();
            var messages = read(all);
            return messages.Select((message, i) => Extract(messages.Count == 1 ? 0 : i + 1, () => message, () => isMail ? all : JsonSerializer.SerializeToUtf8Bytes(message, ContractJson.Sparse), isMail));
        }
        catch (IngestException wrong) { return [Refused(0, wrong.Message)]; }
    }

    private IEnumerable<IngestItem> Mbox()
    {
        int number = 0;
        foreach (byte[]? mail in new MboxReader(stream, options.MaxMessageBytes).Read())
        {
            number++;
            yield return mail is null ? Refused(number, $"larger than {options.MaxMessageBytes} bytes") : Extract(number, () => MessageJson.FromMail(mail), () => mail, isMail: true);
        }
        if (number == 0) yield return Refused(0, "no mail in this mbox");
    }

    private IEnumerable<IngestItem> Lines()
    {
        // A mail in JSON is longer than its bytes: base64, or escapes.
        int maxLine = (int)Math.Min(int.MaxValue / 4, options.MaxMessageBytes * 3L / 2);
        var lines = new LineReader(stream, maxLine);
        while (Next(lines, out byte[]? line))
        {
            if (line is null) yield return Refused(lines.Number, $"a line longer than {maxLine} bytes");
            else if (line.AsSpan().ContainsAnyExcept(" \t\r\n"u8)) yield return Extract(lines.Number, () => MessageJson.Parse(line), () => line.AsMemory().TrimEnd("\r\n"u8));
        }
    }

    private static bool Next(LineReader lines, out byte[]? line)
    {
        line = null;
        if (!lines.TryRead(out var read, out bool whole)) return false;
        if (whole) { line = read.ToArray(); return true; }
        while (!whole && lines.TryRead(out _, out whole)) { }
        return true;
    }

    private IngestItem Extract(long position, Func<Message> read, Func<ReadOnlyMemory<byte>> bytes, bool isMail = false)
    {
        try
        {
            return new IngestItem(path, position, MessageExtraction.Extract(read(), options), null)
            {
                Bytes = options.KeepBytes ? bytes() : default,
                ContentType = isMail ? "message/rfc822" : "application/json",
            };
        }
        catch (IngestException wrong) { return Refused(position, wrong.Message); }
    }

    private IngestItem Refused(long position, string reason) => new(path, position, null, reason);
}
