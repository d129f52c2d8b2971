using System.Text.Json;

namespace Detection.Standalone;

/// <summary>Input of <c>score</c> and <c>tokenize</c>: lines of <c>{"id","text"}</c>, or one plain text.</summary>
internal sealed record TextLine(string Id, string Text)
{
    /// <summary>Longest text that is taken, in characters.</summary>
    private const int MaxCharacters = 1_000_000;

    /// <exception cref="UsageException">Names the file and line.</exception>
    public static IEnumerable<TextLine> Read(string path, Stream standardInput)
    {
        using var reader = Open(path, standardInput);
        for (int number = 1; reader.ReadLine() is { } line; number++)
            if (line.Length > 0) yield return Parse(line, path, number);
    }

    /// <summary>The whole input as one text.</summary>
    public static string ReadWhole(string path, Stream standardInput)
    {
        using var reader = Open(path, standardInput);
        char[] buffer = new char[MaxCharacters + 1];
        int length = reader.ReadBlock(buffer);
        return length <= MaxCharacters ? new string(buffer, 0, length) : throw new UsageException($"{path}: longer than {MaxCharacters} characters.");
    }

    private static StreamReader Open(string path, Stream standardInput)
    {
        if (path == "-") return new StreamReader(standardInput);
        if (!File.Exists(path)) throw new UsageException($"{path}: no such file.");
        Stream file = File.OpenRead(path);
        return new StreamReader(path.EndsWith(".gz", StringComparison.Ordinal) ? new System.IO.Compression.GZipStream(file, System.IO.Compression.CompressionMode.Decompress) : file);
    }

    private static TextLine Parse(string line, string path, int number)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw new UsageException($"{path}:{number}: not an object.");
            if (!root.TryGetProperty("text", out var text) || text.ValueKind != JsonValueKind.String) throw new UsageException($"{path}:{number}: 'text' is missing.");
            string id = root.TryGetProperty("id", out var given) ? given.ToString() : number.ToString(System.Globalization.CultureInfo.InvariantCulture);
            return new TextLine(id, text.GetString()!);
        }
        catch (JsonException wrong) { throw new UsageException($"{path}:{number}: {wrong.Message}"); }
        catch (InvalidOperationException) { throw new UsageException($"{path}:{number}: 'text' holds half a surrogate pair."); }
    }
}
