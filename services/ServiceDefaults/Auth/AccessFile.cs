using System.Text.Json;
using System.Text.Json.Serialization;

namespace Detection.ServiceDefaults.Auth;

/// <summary>
/// Reading and writing of the files that say who may ask. Strict: unknown, missing and repeated members are refused. An error is an <see cref="InvalidDataException"/> that names
/// file and line or field and holds no hash.
/// </summary>
internal static class AccessFile
{
    public const int MaxBytes = 4 << 20, MaxEntries = 10_000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 8,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The whole file, and whether others may read it. Whoever may write it could let himself in, so that one that everybody may write is refused.</summary>
    public static (byte[] Bytes, bool IsOpen) Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var mode = OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(file.SafeFileHandle);
        if (mode.HasFlag(UnixFileMode.OtherWrite)) throw new InvalidDataException($"{path} may be written by everybody: chmod 600 {path}");
        if (file.Length > MaxBytes) throw new InvalidDataException($"{path} has {file.Length} bytes; at most {MaxBytes} are read");
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return (bytes, mode.HasFlag(UnixFileMode.OtherRead));
    }

    public static T Parse<T>(string path, ReadOnlySpan<byte> json) where T : class
    {
        try { return JsonSerializer.Deserialize<T>(json, Json) ?? throw new InvalidDataException($"{path}: null is no such file"); }
        catch (JsonException wrong)
        {
            string field = wrong.Path is { Length: > 2 } at ? $", {at[2..]}" : "";
            throw new InvalidDataException($"{path}, line {(wrong.LineNumber ?? 0) + 1}{field}: {wrong.Message.Split(" Path: ")[0].TrimEnd('.')}", wrong);
        }
    }

    /// <summary>One change by one process at a time; a reader sees the old file or the new one, also after a power cut.</summary>
    /// <exception cref="IOException">Another process is changing it, or the folder cannot be written.</exception>
    public static void Change<T>(string path, Func<string, ReadOnlyMemory<byte>, T> parse, T empty, Func<T, T> change) where T : class
    {
        path = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(path)!, name = Path.GetFileName(path);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var only = Create(Path.Combine(folder, $".{name}.lock"), FileMode.OpenOrCreate);
        var next = change(File.Exists(path) ? parse(path, Read(path).Bytes) : empty);

        string temporary = Path.Combine(folder, $".{name}.new");
        using (var file = Create(temporary, FileMode.Create))
        {
            JsonSerializer.Serialize(file, next, Json);
            file.Write("\n"u8);
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Readable and writable by its owner alone, from the first instant.</summary>
    private static FileStream Create(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }
}
