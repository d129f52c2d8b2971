namespace Detection.Ingest;

/// <summary>A stream whose first bytes can be looked at before it is read.</summary>
internal sealed class HeadStream : ForwardStream
{
    private readonly Stream _stream;
    private readonly byte[] _head = new byte[2048];
    private readonly int _length;

    /// <summary>Reads until it can be told what this is: a stream that someone keeps writing to may take long to fill the head.</summary>
    public HeadStream(Stream stream)
    {
        _stream = stream;
        for (int read; _length < _head.Length && !IsEnough(_head.AsSpan(0, _length)) && (read = stream.Read(_head, _length, _head.Length - _length)) > 0;) _length += read;
    }

    public ReadOnlySpan<byte> Head => _head.AsSpan(0, _length);

    /// <summary>Bytes that were read from here.</summary>
    public long Taken { get; private set; }

    public override int Read(byte[] buffer, int offset, int count)
    {
        int taken;
        if (Taken < _length)
        {
            taken = Math.Min(count, _length - (int)Taken);
            _head.AsSpan((int)Taken, taken).CopyTo(buffer.AsSpan(offset));
        }
        else
        {
            taken = _stream.Read(buffer, offset, count);
        }
        Taken += taken;
        return taken;
    }

    /// <summary>A line of JSON is known by itself.</summary>
    private static bool IsEnough(ReadOnlySpan<byte> head) => head is [(byte)'{', ..] && head.Contains((byte)'\n');
}
