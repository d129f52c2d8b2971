using Record = Confluent.Kafka.Message<byte[], byte[]>;

namespace Detection.Streaming.Kafka;

/// <summary>
/// Which letters of the dead-letter topic wait: written, and not marked as put back; a second letter about the same record (a worker died between letter and position) is none.
/// Holds numbers alone, so that memory follows the count of letters and not their size. Knows no broker.
/// </summary>
internal sealed class DeadLetterIndex
{
    private const int OffsetBits = 48;

    private readonly SortedSet<long> _open = [];
    private readonly Dictionary<(string Topic, int Partition, long Offset), long> _origins = [];
    private readonly Dictionary<string, string> _topics = [];
    private readonly Dictionary<int, long> _next = [];

    public IReadOnlyCollection<long> Open => _open;

    /// <summary>A letter's number: its partition and offset; from 1.</summary>
    public static long Id(int partition, long offset) => ((long)partition << OffsetBits) + offset + 1;

    public static (int Partition, long Offset) Place(long id) => ((int)((id - 1) >> OffsetBits), (id - 1) & ((1L << OffsetBits) - 1));

    /// <summary>Where reading of a partition goes on.</summary>
    public long Next(int partition) => _next.GetValueOrDefault(partition);

    public IReadOnlyList<long> After(long id, int take) => id == long.MaxValue ? [] : [.. _open.GetViewBetween(Math.Max(1, id + 1), long.MaxValue).Take(take)];

    public void Read(int partition, long offset, Record record)
    {
        if (offset < Next(partition)) return;
        _next[partition] = offset + 1;
        if (DeadLetterRecord.RetriedOffset(record) is { } retried) _open.Remove(Id(partition, retried));
        else if (DeadLetterRecord.Origin(record) is { } origin && _origins.TryAdd((Topic(origin.Topic), origin.Partition.Value, origin.Offset.Value), Id(partition, offset))) _open.Add(Id(partition, offset));
    }

    /// <summary>Whether there is or was a letter about this record.</summary>
    public bool Has(Delivery delivery) => _origins.ContainsKey((delivery.Topic, delivery.Partition, delivery.Offset));

    /// <summary>What the topic's retention has deleted is no letter; a topic that ends before what was read was made anew.</summary>
    public void Bound(int partition, long low, long end)
    {
        bool anew = end < Next(partition);
        bool IsGone(long id) => Place(id) is var place && place.Partition == partition && (anew || place.Offset < low);
        if (_open.RemoveWhere(IsGone) > 0 || anew)
            foreach (var origin in _origins.Where(one => IsGone(one.Value)).Select(one => one.Key).ToList()) _origins.Remove(origin);
        if (anew) _next[partition] = low;
    }

    public void Clear()
    {
        _open.Clear();
        _origins.Clear();
        _next.Clear();
    }

    /// <summary>One string for the name, not one a letter.</summary>
    private string Topic(string name) => _topics.TryGetValue(name, out string? same) ? same : _topics[name] = name;
}
