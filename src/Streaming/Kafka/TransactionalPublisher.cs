using System.Diagnostics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Detection.Streaming.Kafka;

/// <summary>
/// Results and positions in one transaction: a result goes out only with the position that passes its delivery, so that whoever reads with <c>read_committed</c> sees it exactly once.
/// The group's generation goes with the positions and fences workers that lost their partitions; the transactional id fences one that was replaced.
/// </summary>
internal sealed class TransactionalPublisher : IDisposable
{
    /// <summary>Short: nobody reads past what a dead worker left open until the broker has given it up.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan AbortPatience = TimeSpan.FromSeconds(1);

    private readonly KafkaStreamOptions _options;
    private readonly KafkaClients _clients;
    private readonly IConsumer<byte[], byte[]> _consumer;
    private readonly AssignedPartitions _partitions;
    private readonly StreamMetrics _metrics;
    private readonly Action<string> _warn;
    private readonly string _id;
    private readonly SemaphoreSlim _one = new(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private IProducer<byte[], byte[]>? _producer;
    private bool _unsure;

    public TransactionalPublisher(KafkaStreamOptions options, KafkaClients clients, IConsumer<byte[], byte[]> consumer, AssignedPartitions partitions, StreamMetrics metrics, Action<string> warn)
    {
        (_options, _clients, _consumer, _partitions, _metrics, _warn) = (options, clients, consumer, partitions, metrics, warn);
        // Without an InstanceId no later process continues this one; what it left open ends with transaction.timeout.ms.
        _id = $"{options.GroupName}.{(string.IsNullOrEmpty(options.InstanceId) ? Guid.NewGuid().ToString("N") : options.InstanceId)}";
        _running = Task.Run(RunAsync);
    }

    /// <summary>Another worker has this one's name: nothing more will go out.</summary>
    public bool IsReplaced { get; private set; }

    /// <summary>Whether the group counts this worker in. It has no member id from when the group gives it up until it has let go of its partitions and joined again.</summary>
    public bool IsMember => !string.IsNullOrEmpty(_consumer.MemberId);

    /// <summary>Publishes what is ready; waits for a transaction under way. Failures are tried again later: nothing is lost, the position has not moved.</summary>
    public void Publish(IReadOnlyCollection<int>? only = null)
    {
        if (IsReplaced || !_one.Wait(_options.RequestTimeout)) return;
        try { Transact(only); }
        catch (Exception failure)
        {
            // Another worker has our name: a new producer would only take the transactional id away from it.
            if (failure is KafkaException { Error.Code: ErrorCode.FencedInstanceId })
            {
                IsReplaced = true;
                _stop.Cancel();
            }
            _warn($"Kafka at {_options.BootstrapServers}: a transaction failed and is tried again: {failure.Message}");
            Abandon(failure);
        }
        finally { _one.Release(); }
    }

    /// <summary>No more in the background; <see cref="Publish"/> still works.</summary>
    public void Stop()
    {
        _stop.Cancel();
        _running.Wait();
    }

    public void Dispose()
    {
        Stop();
        _producer?.Dispose();
        _producer = null;
    }

    private async Task RunAsync()
    {
        var pause = _options.CommitInterval;
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stop.IsCancellationRequested) return;
            Publish();
        }
    }

    private void Transact(IReadOnlyCollection<int>? only)
    {
        // A consumer that has left its group has no metadata, and asking for it takes the process down.
        if (!IsMember) return;
        // The generation first: were it taken after the positions, a rebalance between the two could let positions of lost partitions through.
        var generation = _consumer.ConsumerGroupMetadata;
        // Without a member id brokers may take positions unchecked, as of a consumer that is in no group.
        if (!IsMember) return;
        var ready = _partitions.Progress(only);
        if (ready.Count == 0) return;
        var producer = _producer ??= _clients.TransactionalProducer(_id, Timeout, _metrics.Statistics);
        if (_unsure) ready = WithoutCommitted(ready);
        if (ready.Count == 0) return;
        producer.BeginTransaction();
        while (!TrySend(producer, [.. ready.SelectMany(one => one.Results)]))
        {
            producer.AbortTransaction(_options.RequestTimeout);
            producer.BeginTransaction();
        }
        producer.SendOffsetsToTransaction(ready.Select(one => new TopicPartitionOffset(_options.Messages, one.Partition, one.Position)), generation, _options.RequestTimeout);
        KafkaClients.Patiently(() => producer.CommitTransaction(_options.RequestTimeout));
        foreach (var one in ready) _partitions.Stored(one.Partition, one.Assignment, one.Position);
    }

    /// <summary>False: one was too large for its topic and has shrunk; all must be sent again.</summary>
    private bool TrySend(IProducer<byte[], byte[]> producer, IReadOnlyList<Outgoing> results)
    {
        bool shrunk = false;
        int open = results.Count(result => result.Record is not null);
        Error? refused = null, purged = null;
        var gate = new Lock();
        foreach (var result in results)
            if (result.Record is { } record)
                while (!TryProduce(producer, result, record, Reported)) producer.Poll(TimeSpan.FromMilliseconds(10));
        // Not one long flush: what stands behind a refused record is sent only after an abort, so it would wait in vain.
        for (long started = Stopwatch.GetTimestamp(); IsOpen() && Stopwatch.GetElapsedTime(started) < _options.RequestTimeout;) producer.Flush(TimeSpan.FromMilliseconds(20));
        // What was purged was refused for another's sake.
        lock (gate) return refused is null && shrunk ? false : (refused ?? purged) is { } error ? throw new KafkaTxnRequiresAbortException(error) : true;

        bool IsOpen()
        {
            lock (gate) return open > 0 && !shrunk && refused is null && purged is null;
        }

        void Reported(Outgoing result, Error error)
        {
            lock (gate)
            {
                open--;
                if (!error.IsError) return;
                if (error.Code == ErrorCode.MsgSizeTooLarge && result.Shrink()) shrunk = true;
                else if (error.Code is ErrorCode.Local_PurgeQueue or ErrorCode.Local_PurgeInflight) purged ??= error;
                else refused ??= error;
            }
        }
    }

    /// <summary>False: the queue is full.</summary>
    private static bool TryProduce(IProducer<byte[], byte[]> producer, Outgoing result, Message<byte[], byte[]> record, Action<Outgoing, Error> reported)
    {
        try { producer.Produce(result.Target, record, report => reported(result, report.Error)); }
        catch (ProduceException<byte[], byte[]> full) when (full.Error.Code == ErrorCode.Local_QueueFull) { return false; }
        catch (ProduceException<byte[], byte[]> refused) when (refused.Error.Code == ErrorCode.MsgSizeTooLarge) { reported(result, refused.Error); }
        return true;
    }

    /// <summary>A transaction whose end is unknown has ended when the next producer of its id is ready; whether with a commit, the group's positions tell.</summary>
    private IReadOnlyList<PartitionProgress> WithoutCommitted(IReadOnlyList<PartitionProgress> ready)
    {
        TopicPartition[] asked = [.. ready.Select(one => new TopicPartition(_options.Messages, one.Partition))];
        var committed = (_stop.IsCancellationRequested ? AskedAsAdministrator(asked) : _consumer.Committed(asked, _options.RequestTimeout)).ToDictionary(one => one.Partition.Value, one => one.Offset.Value);
        foreach (var one in ready)
            if (committed.GetValueOrDefault(one.Partition, -1) is >= 0 and var position) _partitions.Stored(one.Partition, one.Assignment, Math.Min(position, one.Position));
        _unsure = false;
        return _partitions.Progress([.. ready.Select(one => one.Partition)]);
    }

    /// <summary>A consumer that is being closed, which is when the last results go out, answers no such question until it times out.</summary>
    private IEnumerable<TopicPartitionOffset> AskedAsAdministrator(TopicPartition[] asked)
    {
        using var admin = _clients.Admin();
        var answer = admin.ListConsumerGroupOffsetsAsync([new(_options.GroupName, [.. asked])], new() { RequestTimeout = _options.RequestTimeout, RequireStableOffsets = true }).GetAwaiter().GetResult().Single();
        // A position that is not stable yet is an error here; taken for none, its results would go out twice.
        if (answer.Partitions.Find(one => one.Error.IsError) is { } unknown) throw new KafkaException(unknown.Error);
        return answer.Partitions.Select(one => one.TopicPartitionOffset);
    }

    /// <summary>
    /// Flushed first: aborting before anything was sent ends in a fatal INVALID_TXN_STATE. Where aborting fails, where the error is fatal, and where the commit may have happened,
    /// the producer is made anew.
    /// </summary>
    private void Abandon(Exception failure)
    {
        if (_producer is not { } producer) return;
        try
        {
            if (failure is KafkaTxnRequiresAbortException)
            {
                producer.Flush(AbortPatience);
                producer.AbortTransaction(_options.RequestTimeout);
                return;
            }
        }
        catch (KafkaException) { }
        _unsure = true;
        _producer = null;
        producer.Dispose();
    }
}
