using System.IO.Compression;

namespace Detection.Ingest;

/// <summary>A gzip stream (RFC 1952) that stops a bomb: text packs to a tenth, and deflate can pack zeros to a thousandth.</summary>
internal sealed class Unpacking(HeadStream packed) : ForwardStream
{
    private const long Harmless = 64L << 20;   // bytes that may come out whatever the ratio
    private const long MaxRatio = 250;
    private readonly GZipStream _unpacked = new(packed, CompressionMode.Decompress, leaveOpen: true);
    private long _bytes;

    /// <exception cref="InvalidDataException">No gzip, damaged, or a bomb.</exception>
    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = _unpacked.Read(buffer, offset, count);
        _bytes += read;
        return _bytes > Harmless && _bytes > packed.Taken * MaxRatio ? throw new InvalidDataException($"unpacks to more than {MaxRatio} times its size") : read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _unpacked.Dispose();
        base.Dispose(disposing);
    }
}
