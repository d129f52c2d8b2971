namespace Detection.Ingest;

/// <summary>Bytes of a stream by lines, line end included, with a look ahead. Holds no more than a line of <c>maxLine</c> bytes or what was looked ahead, twice over.</summary>
internal sealed class LineReader(Stream stream, int maxLine)
{
    private byte[] _buffer = new byte[1 << 16];
    private int _start, _end;
    private bool _ended;

    /// <summary>Lines read so far.</summary>
    public long Number { get; private set; }

    /// <summary>The next bytes, at most <paramref name="count"/>, without taking them; valid until the next call.</summary>
    public ReadOnlySpan<byte> Peek(int count)
    {
        while (_end - _start < count && Fill()) { }
        return _buffer.AsSpan(_start, Math.Min(count, _end - _start));
    }

    /// <summary>Takes bytes that were looked at.</summary>
    public void Skip(int count) => _start += Math.Min(count, _end - _start);

    /// <summary>The next line, valid until the next call; false at the end. A longer line than allowed comes in pieces, <paramref name="whole"/> false for all but the last.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line, out bool whole)
    {
        int searched = 0;
        while (true)
        {
            int at = _buffer.AsSpan(_start + searched, Math.Min(_end - _start, maxLine) - searched).IndexOf((byte)'\n');
            if (at >= 0) return Take(searched + at + 1, out line, out whole, complete: true);
            searched = Math.Min(_end - _start, maxLine);
            if (searched >= maxLine) return Take(searched, out line, out whole, complete: false);
            if (Fill()) continue;
            line = default;
            whole = true;
            return searched > 0 && Take(searched, out line, out whole, complete: true);
        }
    }

    private bool Take(int length, out ReadOnlySpan<byte> line, out bool whole, bool complete)
    {
        line = _buffer.AsSpan(_start, length);
        whole = complete;
        _start += length;
        if (complete) Number++;
        return true;
    }

    /// <summary>Moves what is left only when half the buffer is free, so that looking far ahead again and again stays linear.</summary>
    private bool Fill()
    {
        if (_ended) return false;
        if (_end == _buffer.Length)
        {
            if (_start < _buffer.Length / 2) Array.Resize(ref _buffer, _buffer.Length * 2);
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_end, _start) = (_end - _start, 0);
        }
        int read = stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _ended = read == 0;
        return !_ended;
    }
}
