namespace Detection.Streaming.Embedded;

/// <summary>Whether a record may be handed out now.</summary>
internal enum Admission { Taken, FinishedAlready, NoRoom }

/// <summary>What the consumer has in its hands: a watermark a partition, and how many deliveries and bytes are in flight. In memory alone: after a crash it begins again at the stored positions.</summary>
internal sealed class DeliveryWindow
{
    private readonly Lock _gate = new();
    private readonly EmbeddedStreamOptions _options;
    private readonly OffsetWatermark[] _watermarks;
    private readonly long[] _cursors;
    private readonly long[] _stored;
    private readonly Dictionary<(int Partition, long Offset), int> _inFlight = [];
    private long _bytes;

    /// <param name="positions">The stored position of each partition.</param>
    public DeliveryWindow(IReadOnlyList<long> positions, EmbeddedStreamOptions options)
    {
        _options = options;
        _watermarks = [.. positions.Select(position => new OffsetWatermark(position))];
        _cursors = [.. positions];
        _stored = [.. positions];
    }

    public int Partitions => _watermarks.Length;

    public (int Count, long Bytes) InFlight
    {
        get { lock (_gate) return (_inFlight.Count, _bytes); }
    }

    /// <summary>The offset to read next.</summary>
    public long Cursor(int partition)
    {
        lock (_gate) return _cursors[partition];
    }

    public bool HasRoom
    {
        get { lock (_gate) return _inFlight.Count < _options.MaxInFlight && _bytes < _options.MaxInFlightBytes; }
    }

    /// <summary>Takes the record at or after the cursor into flight and moves the cursor past it, or says why not.</summary>
    public Admission Admit(int partition, long offset, int bytes)
    {
        lock (_gate)
        {
            var watermark = _watermarks[partition];
            bool room = _inFlight.Count == 0 || (_inFlight.Count < _options.MaxInFlight && _bytes + bytes <= _options.MaxInFlightBytes);
            if (!room || offset - watermark.Position >= _options.MaxAhead) return Admission.NoRoom;
            _cursors[partition] = offset + 1;
            if (!watermark.Start(offset)) return Admission.FinishedAlready;
            _inFlight[(partition, offset)] = bytes;
            _bytes += bytes;
            return Admission.Taken;
        }
    }

    /// <exception cref="ArgumentException">A delivery that this stream never handed out; then none is finished.</exception>
    public void Finish(IReadOnlyList<Delivery> deliveries)
    {
        lock (_gate)
        {
            foreach (var delivery in deliveries) Check(delivery);
            foreach (var delivery in deliveries)
            {
                _watermarks[delivery.Partition].Finish(delivery.Offset);
                if (_inFlight.Remove((delivery.Partition, delivery.Offset), out int bytes)) _bytes -= bytes;
            }
        }
    }

    public void Check(Delivery delivery)
    {
        lock (_gate)
        {
            if (delivery.Topic != _options.Topic || (uint)delivery.Partition >= (uint)_watermarks.Length || delivery.Offset >= _watermarks[delivery.Partition].End)
                throw new ArgumentException($"{delivery.Topic}[{delivery.Partition}]@{delivery.Offset} was not handed out by this stream.", nameof(delivery));
        }
    }

    /// <summary>Reading starts again at the watermarks: what is unfinished is handed out once more, what is finished is not.</summary>
    public void Rewind()
    {
        lock (_gate)
        {
            for (int partition = 0; partition < _cursors.Length; partition++) _cursors[partition] = _watermarks[partition].Position;
            _inFlight.Clear();
            _bytes = 0;
        }
    }

    /// <summary>Positions that moved since they were stored.</summary>
    public IReadOnlyList<(int Partition, long Position)> Moved()
    {
        lock (_gate)
            return [.. _watermarks.Select((watermark, partition) => (partition, watermark.Position)).Where(moved => moved.Position > _stored[moved.partition])];
    }

    public void Stored(IReadOnlyList<(int Partition, long Position)> positions)
    {
        lock (_gate)
            foreach (var (partition, position) in positions) _stored[partition] = Math.Max(_stored[partition], position);
    }
}
