using Record = Confluent.Kafka.Message<byte[], byte[]>;

namespace Detection.Streaming.Kafka;

/// <summary>A record that was taken from the topic, and the delivery that is made of it.</summary>
internal sealed class Taken(Delivery delivery, Record record, int bytes)
{
    public Delivery Delivery { get; } = delivery;
    public Record Record { get; } = record;
    public int Bytes { get; } = bytes;

    /// <summary>Where it waits; null once handed out.</summary>
    public LinkedListNode<Taken>? Place { get; set; }
    public bool IsCounted { get; set; } = true;
}

/// <summary>One partition under one assignment; guarded by <see cref="AssignedPartitions"/>.</summary>
internal sealed class AssignedPartition(long assignment)
{
    private readonly SortedDictionary<long, Outgoing> _results = [];
    private OffsetWatermark? _watermark;

    public long Assignment { get; } = assignment;
    public bool IsRevoked { get; set; }
    public Dictionary<long, Taken> Unfinished { get; } = [];
    public long Stored { get; private set; }
    public long Position => _watermark?.Position ?? 0;
    public long End => _watermark?.End ?? 0;

    /// <summary>How far was read past the oldest unfinished record.</summary>
    public long Ahead => End - Position;

    /// <summary>False: it came already.</summary>
    public bool Start(long offset)
    {
        _watermark ??= new OffsetWatermark(Stored = offset);
        return offset >= _watermark.End && _watermark.Start(offset);
    }

    public void Finish(long offset, Outgoing? result)
    {
        Unfinished.Remove(offset);
        if (result is not null) _results[offset] = result;
        _watermark!.Finish(offset);
    }

    public IReadOnlyList<Outgoing> ResultsBelow(long position) => [.. _results.TakeWhile(result => result.Key < position).Select(result => result.Value)];

    /// <summary>Answers the bytes of the results that are let go.</summary>
    public long Store(long position)
    {
        long bytes = 0;
        foreach (var (offset, result) in _results.TakeWhile(result => result.Key < position).ToList())
        {
            bytes += result.Size;
            _results.Remove(offset);
        }
        Stored = Math.Max(Stored, position);
        return bytes;
    }
}
