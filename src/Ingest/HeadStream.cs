namespace Detection.Ingest;

/// <summary>A stream whose first bytes can be looked at before it is read.</summary>
internal sealed class HeadStream : Stream
{
    private readonly Stream _stream;
    private readonly byte[] _head = new byte[2048];
    private readonly int _length;
    private int _at;

    public HeadStream(Stream stream)
    {
        _stream = stream;
        _length = stream.ReadAtLeast(_head, _head.Length, throwOnEndOfStream: false);
    }

    public ReadOnlySpan<byte> Head => _head.AsSpan(0, _length);

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_at >= _length) return _stream.Read(buffer, offset, count);
        int taken = Math.Min(count, _length - _at);
        _head.AsSpan(_at, taken).CopyTo(buffer.AsSpan(offset));
        _at += taken;
        return taken;
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
