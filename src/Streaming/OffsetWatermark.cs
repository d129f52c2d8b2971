namespace Detection.Streaming;

/// <summary>
/// The position of one partition: the lowest offset that was handed out and is not finished, or the end where all are. It never moves backwards and never passes
/// an unfinished offset, so that committing it loses nothing. Pure; gaps between offsets are allowed (Kafka has them). Not thread-safe.
/// </summary>
/// <param name="position">Where reading begins: the position committed last.</param>
public sealed class OffsetWatermark(long position)
{
    // Only what is unfinished is kept, so that memory follows the deliveries in flight and not what was finished above a slow one.
    private readonly SortedSet<long> _unfinished = [];

    /// <summary>Everything below is finished.</summary>
    public long Position => _unfinished.Count > 0 ? _unfinished.Min : End;

    /// <summary>One past the highest offset handed out.</summary>
    public long End { get; private set; } = position;

    /// <summary>Offsets handed out and not finished.</summary>
    public int Unfinished => _unfinished.Count;

    /// <summary>Before a delivery is handed out, in rising order, or again from <see cref="Position"/> on. False: it is finished already, skip it.</summary>
    public bool Start(long offset)
    {
        if (offset < End) return _unfinished.Contains(offset);
        _unfinished.Add(offset);
        End = offset + 1;
        return true;
    }

    /// <summary>Finishing twice is finishing once. True: <see cref="Position"/> moved.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The offset was never handed out.</exception>
    public bool Finish(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, End);
        long before = Position;
        return _unfinished.Remove(offset) && Position > before;
    }
}
