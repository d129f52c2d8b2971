using System.Security.Cryptography;

namespace Detection.Checkpoints;

/// <summary>One file that a checkpoint is made of, with its hash.</summary>
public sealed class CheckpointFile
{
    private readonly Lock _hashing = new();
    private string? _sha256;

    internal CheckpointFile(string path) => (Path, Length) = (path, new FileInfo(path).Length);

    public string Path { get; }

    public string Name => System.IO.Path.GetFileName(Path);

    public long Length { get; }

    /// <summary>SHA-256 of the whole file in lower-case hex; read once and remembered.</summary>
    public string Sha256(CancellationToken cancel = default)
    {
        lock (_hashing) return _sha256 ??= Hash(cancel);
    }

    private string Hash(CancellationToken cancel)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using FileStream stream = new(Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        byte[] buffer = new byte[1 << 20];
        for (int read; (read = stream.Read(buffer)) > 0; cancel.ThrowIfCancellationRequested()) hash.AppendData(buffer, 0, read);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
