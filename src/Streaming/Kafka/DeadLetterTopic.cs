using System.Diagnostics;
using Confluent.Kafka;

namespace Detection.Streaming.Kafka;

/// <summary>The dead letters of a topic, read on demand: first the numbers of those that wait (from where the last reading stopped), then the ones asked for.</summary>
internal sealed class DeadLetterTopic(KafkaStreamOptions options, KafkaClients clients, KafkaTopics topics, Action<string> warn) : IDeadLetters, IDisposable
{
    /// <summary>Letters put back in one transaction.</summary>
    private const int RetryChunk = 100;
    private static readonly TimeSpan RetryTimeout = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _one = new(1);
    private readonly DeadLetterIndex _index = new();
    private readonly Dictionary<int, long> _checked = [];
    private IConsumer<byte[], byte[]>? _reader;
    private IConsumer<byte[], byte[]> Reader => _reader ??= clients.Reader();

    public Task<long> CountAsync(CancellationToken cancellation) => ReadAsync(() => (long)_index.Open.Count, cancellation);

    public Task<IReadOnlyList<DeadLetter>> ListAsync(long after, int take, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(take);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(take, 1000);
        return ReadAsync<IReadOnlyList<DeadLetter>>(() =>
        {
            List<DeadLetter> letters = [];
            Fetch(_index.After(after, take), (letter, _) => letters.Add(letter with { Delivery = letter.Delivery with { Value = default } }), cancellation);
            return letters;
        }, cancellation);
    }

    public Task<DeadLetter?> FindAsync(long id, CancellationToken cancellation) => ReadAsync(() =>
    {
        DeadLetter? found = null;
        if (_index.Open.Contains(id)) Fetch([id], (letter, record) => found = DeadLetterRecord.IsCut(record) ? letter with { Delivery = letter.Delivery with { Value = OriginalValue(letter) ?? [] } } : letter, cancellation);
        return found;
    }, cancellation);

    /// <summary>One retry at a time on a cluster: starting one fences the one before, whose open transaction ends without effect, and the letters are read only after that.</summary>
    public Task<int> RetryAsync(IReadOnlyList<long> ids, CancellationToken cancellation) => GuardAsync(() =>
    {
        using var producer = clients.TransactionalProducer(options.DeadLetters + ".retry", RetryTimeout);
        Refresh(cancellation);
        int retried = 0;
        foreach (long[] chunk in ids.Distinct().Where(_index.Open.Contains).Order().Chunk(RetryChunk)) retried += Retry(producer, chunk, cancellation);
        return retried;
    }, cancellation);

    /// <summary>Whether a worker before this one wrote a letter about the delivery and died, or lost the partition, before the position was committed.</summary>
    public Task<bool> WasWrittenAsync(Delivery delivery, CancellationToken cancellation) => GuardAsync(() =>
    {
        // Read once an assignment: what an earlier owner wrote was there before.
        if (_checked.GetValueOrDefault(delivery.Partition) != delivery.Assignment) Refresh(cancellation);
        _checked[delivery.Partition] = delivery.Assignment;
        return _index.Has(delivery);
    }, cancellation);

    public void Dispose()
    {
        // A reading under way ends first: a consumer must not go while it is asked.
        _one.Wait();
        _reader?.Dispose();
        _one.Dispose();
    }

    private int Retry(IProducer<byte[], byte[]> producer, IReadOnlyList<long> ids, CancellationToken cancellation)
    {
        int retried = 0;
        producer.BeginTransaction();
        Fetch(ids, (letter, record) =>
        {
            byte[]? value = DeadLetterRecord.IsCut(record) ? OriginalValue(letter) : record.Value;
            if (DeadLetterRecord.IsCut(record) && value is null)
            {
                warn($"Dead letter {letter.Id} cannot be put back: its value was too large for {options.DeadLetters}, and {letter.Delivery.Topic} no longer holds it.");
                return;
            }
            var (partition, offset) = DeadLetterIndex.Place(letter.Id);
            Produce(producer, new TopicPartition(letter.Delivery.Topic, Partition.Any), DeadLetterRecord.Restored(letter, record, value));
            Produce(producer, new TopicPartition(options.DeadLetters, partition), DeadLetterRecord.Mark(offset));
            retried++;
        }, cancellation);
        // Sends what is queued first, and fails where one record of it did.
        KafkaClients.Patiently(() => producer.CommitTransaction(options.RequestTimeout));
        return retried;
    }

    private void Produce(IProducer<byte[], byte[]> producer, TopicPartition target, Message<byte[], byte[]> record)
    {
        try { producer.Produce(target, record); }
        catch (ProduceException<byte[], byte[]> full) when (full.Error.Code == ErrorCode.Local_QueueFull)
        {
            producer.Flush(options.RequestTimeout);
            producer.Produce(target, record);
        }
    }

    private Task<T> ReadAsync<T>(Func<T> read, CancellationToken cancellation) => GuardAsync(() =>
    {
        Refresh(cancellation);
        return read();
    }, cancellation);

    /// <summary>One call at a time, off the caller's thread: librdkafka's calls block.</summary>
    private async Task<T> GuardAsync<T>(Func<T> act, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation).ConfigureAwait(false);
        try { return await Task.Run(act, cancellation).ConfigureAwait(false); }
        catch (KafkaException fenced) when (fenced.Error.Code is ErrorCode.Local_Fenced or ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch)
        {
            throw new StreamException(StreamFault.InUse, $"Another retry of {options.DeadLetters} has begun; what was not put back yet still waits. Try again.", fenced);
        }
        catch (KafkaException failure) { throw clients.Unavailable($"the dead letters in {options.DeadLetters}", failure); }
        finally { _one.Release(); }
    }

    private void Refresh(CancellationToken cancellation)
    {
        int partitions = topics.PartitionsAsync(options.DeadLetters).GetAwaiter().GetResult();
        if (partitions == 0)
        {
            _index.Clear();
            return;
        }
        List<TopicPartitionOffset> from = [];
        for (int partition = 0; partition < partitions; partition++)
        {
            var ends = Ends(partition, cancellation);
            _index.Bound(partition, ends.Low.Value, ends.High.Value);
            if (_index.Next(partition) < ends.High.Value) from.Add(new TopicPartitionOffset(options.DeadLetters, partition, Math.Max(ends.Low.Value, _index.Next(partition))));
        }
        Read(Reader, from, (place, record) => _index.Read(place.Partition.Value, place.Offset.Value, record), _ => false, cancellation);
    }

    /// <summary>A topic that was just made, or a broker that was just lost, has no leader for a moment.</summary>
    private WatermarkOffsets Ends(int partition, CancellationToken cancellation)
    {
        for (long started = Stopwatch.GetTimestamp(); ; cancellation.WaitHandle.WaitOne(50))
        {
            cancellation.ThrowIfCancellationRequested();
            try { return Reader.QueryWatermarkOffsets(new TopicPartition(options.DeadLetters, partition), options.RequestTimeout); }
            catch (KafkaException moment) when (moment.Error.Code is ErrorCode.NotLeaderForPartition or ErrorCode.LeaderNotAvailable or ErrorCode.UnknownTopicOrPart && Stopwatch.GetElapsedTime(started) < options.RequestTimeout) { }
        }
    }

    private void Fetch(IReadOnlyList<long> ids, Action<DeadLetter, Message<byte[], byte[]>> found, CancellationToken cancellation)
    {
        foreach (var partition in ids.GroupBy(id => DeadLetterIndex.Place(id).Partition))
        {
            HashSet<long> wanted = [.. partition.Select(id => DeadLetterIndex.Place(id).Offset)];
            long last = wanted.Max();
            Read(Reader, [new TopicPartitionOffset(options.DeadLetters, partition.Key, wanted.Min())], (place, record) =>
            {
                if (wanted.Contains(place.Offset.Value) && DeadLetterRecord.Letter(DeadLetterIndex.Id(partition.Key, place.Offset.Value), record) is { } letter) found(letter, record);
            }, offset => offset >= last, cancellation);
        }
    }

    /// <summary>Reads partitions from given offsets to their ends, or until <paramref name="enough"/> (offset).</summary>
    private void Read(IConsumer<byte[], byte[]> reader, IReadOnlyList<TopicPartitionOffset> from, Action<TopicPartitionOffset, Message<byte[], byte[]>> read, Predicate<long> enough, CancellationToken cancellation)
    {
        if (from.Count == 0) return;
        reader.Assign(from);
        try
        {
            // A partition may say more than once that it has ended.
            HashSet<Partition> ended = [];
            while (ended.Count < from.Count)
            {
                cancellation.ThrowIfCancellationRequested();
                var next = reader.Consume(options.RequestTimeout) ?? throw new KafkaException(ErrorCode.Local_TimedOut);
                if (!next.IsPartitionEOF) read(next.TopicPartitionOffset, next.Message);
                if (next.IsPartitionEOF || enough(next.Offset.Value)) ended.Add(next.Partition);
            }
        }
        finally { reader.Unassign(); }
    }

    private byte[]? OriginalValue(DeadLetter letter)
    {
        // Of its own: the other one is in the middle of reading letters.
        using var reader = clients.Reader();
        var place = new TopicPartitionOffset(letter.Delivery.Topic, letter.Delivery.Partition, letter.Delivery.Offset);
        byte[]? value = null;
        Read(reader, [place], (found, record) => { if (found.Offset == place.Offset) value = record.Value; }, _ => true, CancellationToken.None);
        return value;
    }
}
