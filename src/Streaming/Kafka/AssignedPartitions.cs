using Record = Confluent.Kafka.Message<byte[], byte[]>;

namespace Detection.Streaming.Kafka;

/// <summary>A position that moved, and what goes out before it or with it.</summary>
internal sealed record PartitionProgress(int Partition, long Assignment, long Position, IReadOnlyList<Outgoing> Results);

/// <summary>
/// What this worker has of the topic: its partitions, each under a number of its assignment, what was taken of them, what was handed out, what is finished, and what goes out when
/// the position passes it. A completion that belongs to an earlier assignment changes nothing. Knows no broker. Thread-safe.
/// </summary>
internal sealed class AssignedPartitions(string topic, int maxInFlight, long maxInFlightBytes, int maxAhead)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, AssignedPartition> _partitions = [];
    private readonly LinkedList<Taken> _queue = [];
    private long _assignments;
    private int _taken, _handedOut;
    private long _takenBytes, _handedOutBytes, _waitingBytes;

    /// <summary>Deliveries handed out and not finished.</summary>
    public (int Count, long Bytes) InFlight
    {
        get { lock (_gate) return (_handedOut, _handedOutBytes); }
    }

    /// <summary>Whether more may be taken. What waits to go out counts too: it is held in memory.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_gate)
                return (_taken == 0 || (_taken < maxInFlight && _takenBytes + _waitingBytes < maxInFlightBytes)) && _partitions.Values.All(partition => partition.Ahead < maxAhead);
        }
    }

    /// <summary>So much is finished that taking again is worth a new fetch.</summary>
    public bool IsHalfEmpty
    {
        get
        {
            lock (_gate) return _taken <= maxInFlight / 2 && _takenBytes + _waitingBytes <= maxInFlightBytes / 2 && _partitions.Values.All(partition => partition.Ahead <= maxAhead / 2);
        }
    }

    /// <summary>When the oldest unfinished record was accepted.</summary>
    public DateTimeOffset? Oldest
    {
        get { lock (_gate) return _partitions.Values.SelectMany(partition => partition.Unfinished.Values).Min(taken => (DateTimeOffset?)taken.Delivery.Timestamp); }
    }

    public void Assign(IEnumerable<int> partitions)
    {
        lock (_gate)
            foreach (int partition in partitions)
            {
                Forget(partition);
                _partitions[partition] = new AssignedPartition(++_assignments);
            }
    }

    /// <summary>Takes a record to be handed out. False: its partition is not assigned or about to go, or the record came already.</summary>
    public bool Take(int partition, long offset, int bytes, Record record, Func<long, Delivery> delivery)
    {
        lock (_gate)
        {
            if (!_partitions.TryGetValue(partition, out var assigned) || assigned.IsRevoked || !assigned.Start(offset)) return false;
            var taken = new Taken(delivery(assigned.Assignment), record, bytes);
            assigned.Unfinished.Add(offset, taken);
            taken.Place = _queue.AddLast(taken);
            _taken++;
            _takenBytes += bytes;
            return true;
        }
    }

    /// <summary>The next delivery, where the limits let it out.</summary>
    public bool TryHandOut(out Delivery delivery)
    {
        lock (_gate)
        {
            delivery = null!;
            if (_queue.First is not { Value: var next } || (_handedOut > 0 && (_handedOut >= maxInFlight || _handedOutBytes + next.Bytes > maxInFlightBytes))) return false;
            _queue.RemoveFirst();
            next.Place = null;
            _handedOut++;
            _handedOutBytes += next.Bytes;
            delivery = next.Delivery;
            return true;
        }
    }

    /// <summary>Reading begins again: what was handed out and is unfinished is handed out once more, before all else and in order.</summary>
    public void Rewind()
    {
        lock (_gate)
        {
            var again = _partitions.Values.Where(partition => !partition.IsRevoked).SelectMany(partition => partition.Unfinished.Values).Where(taken => taken.Place is null);
            foreach (var taken in again.OrderByDescending(taken => taken.Delivery.Offset).ToList())
            {
                TakeBack(taken);
                taken.Place = _queue.AddFirst(taken);
            }
        }
    }

    /// <summary>The record as it came; null where the delivery is finished or belongs to an earlier assignment.</summary>
    /// <exception cref="ArgumentException">The delivery was never handed out.</exception>
    public Record? Find(Delivery delivery)
    {
        lock (_gate) return Current(delivery)?.Record;
    }

    /// <exception cref="ArgumentException">A delivery was never handed out; then none is finished.</exception>
    public void Finish(IReadOnlyList<(Delivery Delivery, Outgoing? Result)> done)
    {
        lock (_gate)
        {
            foreach (var (delivery, _) in done) Current(delivery);
            foreach (var (delivery, result) in done)
            {
                if (Current(delivery) is not { } taken) continue;
                var partition = _partitions[delivery.Partition];
                Drop(taken);
                partition.Finish(delivery.Offset, result);
                _waitingBytes += result?.Size ?? 0;
            }
        }
    }

    /// <summary>Positions that moved since they were stored, with all that goes out for what lies below them.</summary>
    public IReadOnlyList<PartitionProgress> Progress(IReadOnlyCollection<int>? only = null)
    {
        lock (_gate)
            return [.. _partitions.Where(one => (only is null || only.Contains(one.Key)) && one.Value.Position > one.Value.Stored)
                .Select(one => new PartitionProgress(one.Key, one.Value.Assignment, one.Value.Position, one.Value.ResultsBelow(one.Value.Position)))];
    }

    /// <summary>The position is safe, and what lay below it has gone out.</summary>
    public void Stored(int partition, long assignment, long position)
    {
        lock (_gate)
            if (_partitions.TryGetValue(partition, out var assigned) && assigned.Assignment == assignment) _waitingBytes -= assigned.Store(position);
    }

    /// <summary>The lowest unfinished offset; null where nothing was taken yet.</summary>
    public long? Position(int partition)
    {
        lock (_gate) return _partitions.TryGetValue(partition, out var assigned) && assigned.Position > 0 ? assigned.Position : null;
    }

    /// <summary>These partitions are about to go: no more of them is handed out, what was handed out may still be finished.</summary>
    public void Revoke(IReadOnlyCollection<int> partitions)
    {
        lock (_gate)
            foreach (int partition in partitions)
                if (_partitions.TryGetValue(partition, out var assigned))
                {
                    assigned.IsRevoked = true;
                    foreach (var taken in assigned.Unfinished.Values.Where(taken => taken.Place is not null)) Drop(taken);
                }
    }

    /// <summary>Whether nothing of these partitions is in a worker's hands.</summary>
    public bool IsDrained(IReadOnlyCollection<int> partitions)
    {
        lock (_gate) return partitions.All(partition => !_partitions.TryGetValue(partition, out var assigned) || assigned.Unfinished.Values.All(taken => !taken.IsCounted));
    }

    /// <summary>They belong to another worker now.</summary>
    public void Remove(IEnumerable<int> partitions)
    {
        lock (_gate)
            foreach (int partition in partitions) Forget(partition);
    }

    private void Forget(int partition)
    {
        if (!_partitions.Remove(partition, out var assigned)) return;
        foreach (var taken in assigned.Unfinished.Values) Drop(taken);
        _waitingBytes -= assigned.Store(long.MaxValue);
    }

    private Taken? Current(Delivery delivery)
    {
        bool known = _partitions.TryGetValue(delivery.Partition, out var assigned) && assigned.Assignment == delivery.Assignment;
        if (delivery.Topic != topic || delivery.Assignment < 1 || delivery.Assignment > _assignments || (known && delivery.Offset >= assigned!.End))
            throw new ArgumentException($"{delivery.Topic}[{delivery.Partition}]@{delivery.Offset} was not handed out by this stream.", nameof(delivery));
        return known ? assigned!.Unfinished.GetValueOrDefault(delivery.Offset) : null;
    }

    /// <summary>No longer counted, wherever it was.</summary>
    private void Drop(Taken taken)
    {
        if (!taken.IsCounted) return;
        if (taken.Place is { } place) _queue.Remove(place);
        else TakeBack(taken);
        taken.Place = null;
        taken.IsCounted = false;
        _taken--;
        _takenBytes -= taken.Bytes;
    }

    private void TakeBack(Taken taken)
    {
        _handedOut--;
        _handedOutBytes -= taken.Bytes;
    }
}
