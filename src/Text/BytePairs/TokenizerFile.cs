using System.IO.Compression;
using System.Text.Json;

namespace Detection.Text.BytePairs;

/// <summary>Reads tokenizer.json and the config.json beside it, of bounded size.</summary>
internal static class TokenizerFile
{
    private const int MaxBytes = 256 << 20;

    public static Tokenizer Load(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, "tokenizer.json") : path;
        string config = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, "config.json");
        return new Tokenizer(Read(file), File.Exists(config) ? Read(config) : null);
    }

    private static JsonElement Read(string file)
    {
        using Stream stored = File.OpenRead(file);
        using Stream plain = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stored, CompressionMode.Decompress) : stored;
        MemoryStream bytes = new();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = plain.Read(buffer)) > 0;)
        {
            if (bytes.Length + read > MaxBytes) throw new InvalidDataException($"{Path.GetFileName(file)}: more than {MaxBytes >> 20} MiB.");
            bytes.Write(buffer, 0, read);
        }
        try
        {
            return JsonDocument.Parse(bytes.GetBuffer().AsMemory(0, (int)bytes.Length)).RootElement;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{Path.GetFileName(file)}: not JSON: {e.Message}", e);
        }
    }
}
