using System.IO.Compression;
using System.Text;
using Detection.Contracts;

namespace Detection.Ingest;

/// <summary>A message, or why there is none at this place. <paramref name="Position"/>: line or mail of the file, from 1; 0 for the file itself.</summary>
public sealed record IngestItem(string Path, long Position, Message? Message, string? Error)
{
    /// <summary>File and line, as errors name it.</summary>
    public string Place => Position > 0 ? $"{Path}:{Position}" : Path;
}

/// <summary>
/// Mail files, mbox, Maildir, JSON lines, plain text, folders that mix them, all also as <c>.gz</c>, and standard input (<c>-</c>): extracted messages, streamed
/// in ordinal order of their paths. What cannot be read is an item with an error, and the others go on.
/// </summary>
public static class MessageSources
{
    private enum Kind { Mail, Mbox, Lines, Text, Unknown }

    public static IEnumerable<IngestItem> Read(IEnumerable<string> paths, IngestOptions options, Stream standardInput)
    {
        foreach (string path in paths)
            if (path == "-") foreach (var item in ReadStream("-", standardInput, options)) yield return item;
            else if (Directory.Exists(path)) foreach (var item in Folder(path, options, 0)) yield return item;
            else foreach (var item in ReadFile(path, options)) yield return item;
    }

    private static IEnumerable<IngestItem> Folder(string folder, IngestOptions options, int depth)
    {
        if (depth > 64) { yield return new IngestItem(folder, 0, null, "folders nested deeper than 64"); yield break; }
        string[] entries;
        string? refused = null;
        try { entries = [.. Directory.EnumerateFileSystemEntries(folder).Where(entry => !Path.GetFileName(entry).StartsWith('.')).Order(StringComparer.Ordinal)]; }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException) { (entries, refused) = ([], failure.Message); }
        if (refused is not null) yield return new IngestItem(folder, 0, null, refused);
        // Mails that are being delivered into a Maildir are not there yet.
        bool maildir = Directory.Exists(Path.Combine(folder, "cur")) && Directory.Exists(Path.Combine(folder, "new"));
        foreach (string entry in entries.Where(entry => !(maildir && Path.GetFileName(entry) == "tmp")))
            foreach (var item in Directory.Exists(entry) ? Folder(entry, options, depth + 1) : ReadFile(entry, options))
                yield return item;
    }

    private static IEnumerable<IngestItem> ReadFile(string path, IngestOptions options)
    {
        Stream? file = null;
        string? refused = null;
        try { file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan); }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException) { refused = File.Exists(path) ? failure.Message : "no such file"; }
        if (file is null) { yield return new IngestItem(path, 0, null, refused); yield break; }
        using (file)
            foreach (var item in ReadStream(path, file, options)) yield return item;
    }

    private static IEnumerable<IngestItem> ReadStream(string path, Stream stream, IngestOptions options)
    {
        bool zipped = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        using var unzipped = zipped ? new GZipStream(stream, CompressionMode.Decompress) : null;
        string name = zipped ? path[..^3] : path;
        using var items = Items(name, path, unzipped ?? stream, options).GetEnumerator();
        for (int count = 0; ; count++)
        {
            // A broken archive or disk shows itself in the middle of reading.
            string? broken = null;
            bool more = false;
            try { more = items.MoveNext(); }
            catch (Exception failure) when (failure is InvalidDataException or IOException or UnauthorizedAccessException) { broken = failure.Message; }
            if (broken is not null) yield return new IngestItem(path, 0, null, broken);
            if (!more) yield break;
            yield return items.Current;
        }
    }

    private static IEnumerable<IngestItem> Items(string name, string path, Stream source, IngestOptions options)
    {
        var stream = new HeadStream(source);
        var items = KindOf(name, stream.Head) switch
        {
            Kind.Mail => [Whole(path, stream, options, bytes => MessageJson.FromMail(bytes))],
            Kind.Mbox => Mbox(path, stream, options),
            Kind.Lines => Lines(path, stream, options),
            Kind.Text => [Whole(path, stream, options, bytes => new Message { Text = Encoding.UTF8.GetString(bytes) })],
            _ => (IEnumerable<IngestItem>)[new IngestItem(path, 0, null, "neither mail, mbox, JSON lines nor text")],
        };
        foreach (var item in items) yield return item;
    }

    private static Kind KindOf(string name, ReadOnlySpan<byte> head)
    {
        head = head.TrimStart("\uFEFF"u8);
        bool text = head.IndexOf((byte)0) < 0;
        return Path.GetExtension(name).ToLowerInvariant() switch
        {
            ".eml" => head.StartsWith("From "u8) ? Kind.Mbox : Kind.Mail,
            ".mbox" or ".mbx" => Kind.Mbox,
            ".jsonl" or ".ndjson" or ".json" => Kind.Lines,
            ".txt" or ".md" => text ? Kind.Text : Kind.Unknown,
            _ when head.StartsWith("From "u8) => Kind.Mbox,
            _ when head.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..] => Kind.Lines,
            _ when LooksLikeHeader(head) => Kind.Mail,
            _ => text ? Kind.Text : Kind.Unknown,
        };
    }

    /// <summary>The first line is a header field of RFC 5322, and a second field or a folded line follows.</summary>
    private static bool LooksLikeHeader(ReadOnlySpan<byte> head)
    {
        int fields = 0;
        foreach (var range in head.Split((byte)'\n'))
        {
            var line = head[range];
            if (line is [(byte)' ' or (byte)'\t', ..] && fields > 0) continue;
            int colon = line.IndexOf((byte)':');
            if (colon < 1 || line[..colon].ContainsAnyExceptInRange((byte)33, (byte)126)) break;
            if (++fields >= 2) return true;
        }
        return false;
    }

    private static IngestItem Whole(string path, Stream stream, IngestOptions options, Func<byte[], Message> read)
    {
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        for (int length; (length = stream.Read(buffer)) > 0;)
        {
            bytes.Write(buffer, 0, length);
            if (bytes.Length > options.MaxMessageBytes) return new IngestItem(path, 0, null, $"larger than {options.MaxMessageBytes} bytes");
        }
        return Extract(path, 0, () => read(bytes.ToArray()), options);
    }

    private static IEnumerable<IngestItem> Mbox(string path, Stream stream, IngestOptions options)
    {
        int number = 0;
        foreach (byte[]? mail in new MboxReader(stream, options.MaxMessageBytes).Read())
        {
            number++;
            yield return mail is null
                ? new IngestItem(path, number, null, $"larger than {options.MaxMessageBytes} bytes")
                : Extract(path, number, () => MessageJson.FromMail(mail), options);
        }
        if (number == 0) yield return new IngestItem(path, 0, null, "no mail in this mbox");
    }

    private static IEnumerable<IngestItem> Lines(string path, Stream stream, IngestOptions options)
    {
        var lines = new LineReader(stream, (int)Math.Min(int.MaxValue - 1, options.MaxMessageBytes * 3L / 2));
        while (Next(lines, out byte[]? line))
        {
            if (line is null) yield return new IngestItem(path, lines.Number + 1, null, $"a line longer than {options.MaxMessageBytes * 3L / 2} bytes");
            else if (line.AsSpan().ContainsAnyExcept(" \t\r\n"u8)) yield return Extract(path, lines.Number, () => MessageJson.Parse(line), options);
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

    private static IngestItem Extract(string path, long position, Func<Message> read, IngestOptions options)
    {
        try { return new IngestItem(path, position, MessageExtraction.Extract(read(), options), null); }
        catch (IngestException wrong) { return new IngestItem(path, position, null, wrong.Message); }
    }
}
