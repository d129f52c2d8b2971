using Detection.Contracts;

namespace Detection.Ingest;

/// <summary>A message, or why there is none at this place. <paramref name="Position"/>: line or mail of the file, from 1; 0 for the file itself.</summary>
public sealed record IngestItem(string Path, long Position, Message? Message, string? Error)
{
    /// <summary>File and line, as errors name it.</summary>
    public string Place => Position > 0 ? $"{Path}:{Position}" : Path;

    /// <summary>With <see cref="IngestOptions.KeepBytes"/>: a mail or a line of JSON as it was read, else the message as JSON; empty where there is none.</summary>
    public ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>What <see cref="Bytes"/> are: <c>message/rfc822</c> or <c>application/json</c>.</summary>
    public string ContentType { get; init; } = "application/json";
}

/// <summary>
/// Mail files, mbox, Maildir, JSON lines, plain text, folders that mix them, all also as <c>.gz</c>, and standard input (<c>-</c>): extracted messages, streamed
/// in ordinal order of their paths. What cannot be read is an item with an error, and the others go on.
/// </summary>
public static class MessageSources
{
    private const int MaxFolders = 64;

    public static IEnumerable<IngestItem> Read(IEnumerable<string> paths, IngestOptions options, Stream standardInput)
    {
        foreach (string path in paths)
            if (path == "-") foreach (var item in ReadStream("-", standardInput, options, kind: null)) yield return item;
            else if (Directory.Exists(path)) foreach (var item in Folder(path, options, 0)) yield return item;
            else foreach (var item in ReadFile(path, options, kind: null)) yield return item;
    }

    private static IEnumerable<IngestItem> Folder(string folder, IngestOptions options, int depth)
    {
        if (depth > MaxFolders) return [new IngestItem(folder, 0, null, $"folders nested deeper than {MaxFolders}")];
        List<Entry> entries;
        try { entries = Entries(folder); }
        catch (Exception failure) when (IsFault(failure)) { return [new IngestItem(folder, 0, null, failure.Message)]; }
        return entries.SelectMany(entry => entry.IsFolder ? Folder(entry.Path, options, depth + 1) : ReadFile(entry.Path, options, entry.Kind));
    }

    /// <summary>What is read of a folder, in the order of full paths: "a.eml" comes before "a/x".</summary>
    private static List<Entry> Entries(string folder)
    {
        bool IsMaildir(string path) => Directory.Exists(Path.Combine(path, "cur")) && Directory.Exists(Path.Combine(path, "new"));
        bool maildir = IsMaildir(folder);
        bool mails = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)) is "cur" or "new" && Path.GetDirectoryName(Path.GetFullPath(Path.TrimEndingDirectorySeparator(folder))) is { } parent && IsMaildir(parent);
        var entries = new List<Entry>();
        foreach (var info in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            string path = Path.Combine(folder, info.Name);
            bool isFolder = Directory.Exists(path);
            // A link to a folder may lead back up, round and round.
            if (isFolder && info.LinkTarget is not null) continue;
            // In a Maildir: no mails that are still being delivered (tmp), no index files of servers, but the folders of Maildir++ (".Sent").
            bool wanted = maildir ? isFolder && (info.Name is "cur" or "new" || IsMaildir(path)) : !info.Name.StartsWith('.');
            if (wanted) entries.Add(new Entry(path, isFolder, mails ? SourceKind.Mail : null));
        }
        entries.Sort((one, other) => string.CompareOrdinal(one.Key, other.Key));
        return entries;
    }

    private static IEnumerable<IngestItem> ReadFile(string path, IngestOptions options, SourceKind? kind)
    {
        Stream? file = null;
        string? refused = null;
        try { file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan); }
        catch (Exception failure) when (IsFault(failure)) { refused = File.Exists(path) ? failure.Message : "no such file"; }
        if (file is null) { yield return new IngestItem(path, 0, null, refused); yield break; }
        using (file)
            foreach (var item in ReadStream(path, file, options, kind)) yield return item;
    }

    private static IEnumerable<IngestItem> ReadStream(string path, Stream stream, IngestOptions options, SourceKind? kind)
    {
        using var items = Items(path, stream, options, kind).GetEnumerator();
        while (true)
        {
            // A broken archive or disk shows itself in the middle of reading.
            string? broken = null;
            bool more = false;
            try { more = items.MoveNext(); }
            catch (Exception failure) when (IsFault(failure)) { broken = failure.Message; }
            if (broken is not null) yield return new IngestItem(path, 0, null, broken);
            if (!more) yield break;
            yield return items.Current;
        }
    }

    private static IEnumerable<IngestItem> Items(string path, Stream source, IngestOptions options, SourceKind? kind)
    {
        var head = new HeadStream(source);
        bool named = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        using var unpacked = named || head.Head is [0x1F, 0x8B, 8, ..] ? new Unpacking(head) : null;
        if (unpacked is not null) head = new HeadStream(unpacked);
        var reading = new SourceReading(path, head, options);
        foreach (var item in reading.Read(kind ?? SourceSniffing.Of(named ? path[..^3] : path, head.Head))) yield return item;
    }

    private static bool IsFault(Exception failure) => failure is InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    private sealed record Entry(string Path, bool IsFolder, SourceKind? Kind)
    {
        public string Key { get; } = IsFolder ? Path + "/" : Path;
    }
}
