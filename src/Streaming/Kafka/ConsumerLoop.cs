using System.Diagnostics;
using Confluent.Kafka;

namespace Detection.Streaming.Kafka;

/// <summary>
/// The one thread that talks to the group: takes records as long as there is room, moves positions, and answers rebalances. It polls always, so that the group never takes a slow
/// worker for a dead one. Where nothing gets finished for a while the partitions are paused, which costs what librdkafka had read ahead: the last resort.
/// </summary>
internal sealed class ConsumerLoop : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RoomPatience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(30);

    private readonly KafkaStreamOptions _options;
    private readonly KafkaClients _clients;
    private readonly Signal _wake;
    private readonly StreamMetrics _metrics;
    private readonly IConsumer<byte[], byte[]> _consumer;
    private readonly TransactionalPublisher? _publisher;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private bool _paused, _isNewUnpaused;
    private long _storedAt;
    private volatile StreamException? _failure;

    /// <param name="wake">Set when there is something to hand out, and when something was finished.</param>
    public ConsumerLoop(KafkaStreamOptions options, KafkaClients clients, Signal wake, StreamMetrics metrics, Action<string> warn)
    {
        (_options, _clients, _wake, _metrics) = (options, clients, wake, metrics);
        Partitions = new AssignedPartitions(options.Messages, options.MaxInFlight, options.MaxInFlightBytes, options.MaxAhead);
        _consumer = clients.Build(() => clients.GroupConsumer(json => metrics.Statistics(json, Partitions.Position))
            .SetErrorHandler((_, error) => OnError(error))
            .SetPartitionsAssignedHandler((_, assigned) => OnAssigned(assigned))
            .SetPartitionsRevokedHandler((_, revoked) => OnRevoked([.. revoked.Select(one => one.Partition.Value)]))
            .SetPartitionsLostHandler((_, lost) => OnLost([.. lost.Select(one => one.Partition.Value)]))
            .Build());
        if (options.Transactional) _publisher = new TransactionalPublisher(options, clients, _consumer, Partitions, metrics, warn);
        _running = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public AssignedPartitions Partitions { get; }

    /// <summary>Why no more will come; null while it runs.</summary>
    public StreamException? Failure => _failure;

    /// <summary>Positions are committed and the group is left; what is in flight is not waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _wake.Set();
        try { await _running.WaitAsync(ClosePatience).ConfigureAwait(false); }
        catch (TimeoutException) { }
    }

    private void Run()
    {
        try
        {
            _consumer.Subscribe(_options.Messages);
            while (!_stop.IsCancellationRequested && _failure is null) Step();
        }
        catch (Exception failure) { _failure ??= _clients.Unavailable("the consumer ended", failure); }
        finally
        {
            Close();
            _wake.Set();
        }
    }

    private void Step()
    {
        StorePositions();
        if (_paused)
        {
            if (Partitions.IsHalfEmpty) Resume();
            else if (_isNewUnpaused) Pause();
        }
        else if (!WaitForRoom()) Pause();
        try
        {
            if (_consumer.Consume(Poll) is { Message: not null } received) Take(received);
        }
        catch (ConsumeException refused)
        {
            OnError(refused.Error);
            // Asked again at once it would say the same.
            _stop.Token.WaitHandle.WaitOne(Poll);
        }
    }

    private void Take(ConsumeResult<byte[], byte[]> received)
    {
        int bytes = KafkaRecords.Size(received.Message);
        if (Partitions.Take(received.Partition.Value, received.Offset.Value, bytes, received.Message, assignment => KafkaRecords.Delivery(received, assignment))) _wake.Set();
    }

    private bool WaitForRoom()
    {
        for (long started = Stopwatch.GetTimestamp(); !Partitions.HasRoom;)
        {
            var finished = _wake.Next;
            var left = RoomPatience - Stopwatch.GetElapsedTime(started);
            if (left <= TimeSpan.Zero || _stop.IsCancellationRequested) return false;
            if (!Partitions.HasRoom) finished.Wait(left < _options.CommitInterval ? left : _options.CommitInterval);
            StorePositions();
        }
        return true;
    }

    private void Pause()
    {
        _consumer.Pause(_consumer.Assignment);
        _paused = true;
        _isNewUnpaused = false;
    }

    private void Resume()
    {
        _consumer.Resume(_consumer.Assignment);
        _paused = false;
    }

    /// <summary>librdkafka keeps the pause of a partition that goes, and nobody would end it when it comes back after <see cref="Resume"/>.</summary>
    private void Unpause(IEnumerable<int> leaving)
    {
        if (_paused) _consumer.Resume(leaving.Select(partition => new TopicPartition(_options.Messages, partition)));
    }

    /// <summary>Hands positions to librdkafka, which commits them in the background. In transactions the publisher does it.</summary>
    private void StorePositions()
    {
        if (_publisher is not null || Stopwatch.GetElapsedTime(_storedAt) < _options.CommitInterval / 2) return;
        _storedAt = Stopwatch.GetTimestamp();
        foreach (var progress in Partitions.Progress()) Store(progress);
    }

    private void Store(PartitionProgress progress)
    {
        try { _consumer.StoreOffset(new TopicPartitionOffset(_options.Messages, progress.Partition, progress.Position)); }
        catch (KafkaException gone) when (gone.Error.Code is ErrorCode.Local_State or ErrorCode.Local_UnknownPartition) { return; }
        Partitions.Stored(progress.Partition, progress.Assignment, progress.Position);
    }

    private IEnumerable<TopicPartitionOffset> OnAssigned(List<TopicPartition> assigned)
    {
        Partitions.Assign(assigned.Select(one => one.Partition.Value));
        // What was paused before stays so; partitions that come are not paused.
        _isNewUnpaused = assigned.Count > 0;
        _metrics.Rebalanced("assigned", assigned.Count);
        return _publisher is null || assigned.Count == 0 ? assigned.Select(one => new TopicPartitionOffset(one, Offset.Unset)) : StablePositions(assigned);
    }

    /// <summary>
    /// Where reading begins, once no transaction is open that may still move it. Asked here: librdkafka asks too, but takes the answer "a transaction is open" for "no position" when the
    /// assignment has changed between question and answer (rd_kafka_assignment_apply_offsets puts the partition back with an invalid offset), and begins at the first record.
    /// </summary>
    private IEnumerable<TopicPartitionOffset> StablePositions(List<TopicPartition> assigned)
    {
        while (!_stop.IsCancellationRequested && _failure is null && _publisher!.IsMember)
            try
            {
                return _consumer.Committed(assigned, _options.RequestTimeout).Select(one => new TopicPartitionOffset(one.TopicPartition, one.Offset == Offset.Unset ? Offset.Beginning : one.Offset));
            }
            catch (KafkaException notYet)
            {
                var errors = notYet is TopicPartitionOffsetException some ? some.Results.Select(one => one.Error).Where(error => error.IsError) : [notYet.Error];
                foreach (var error in errors.Where(error => error.Code != ErrorCode.UnstableOffsetCommit)) OnError(error);
                _stop.Token.WaitHandle.WaitOne(Poll);
            }
        // They are about to be lost or given back: nothing of them is read.
        return assigned.Select(one => new TopicPartitionOffset(one, Offset.End));
    }

    /// <summary>Waits for what is in a worker's hands, commits, and lets go. A worker that is too slow finishes for nothing: the new owner is given the same again.</summary>
    private void OnRevoked(IReadOnlyCollection<int> revoked)
    {
        Partitions.Revoke(revoked);
        var patience = _stop.IsCancellationRequested ? TimeSpan.Zero : _options.DrainTimeout;
        for (long started = Stopwatch.GetTimestamp(); !Partitions.IsDrained(revoked);)
        {
            var finished = _wake.Next;
            var left = patience - Stopwatch.GetElapsedTime(started);
            if (left <= TimeSpan.Zero) break;
            if (!Partitions.IsDrained(revoked)) finished.Wait(left);
        }
        Commit(revoked);
        Partitions.Remove(revoked);
        Unpause(revoked);
        _metrics.Rebalanced("revoked", revoked.Count);
    }

    private void Commit(IReadOnlyCollection<int> partitions)
    {
        if (_publisher is not null)
        {
            // A transaction may fail for another's sake (a worker that was replaced and does not know it yet): what is not out when the partitions go is done again by whoever gets them.
            // Given up by the group, it has nothing left to say.
            for (long started = Stopwatch.GetTimestamp(); ; _wake.Next.Wait(Poll))
            {
                _publisher.Publish(partitions);
                if (_publisher.IsReplaced || !_publisher.IsMember || Partitions.Progress(partitions).Count == 0 || Stopwatch.GetElapsedTime(started) >= _options.DrainTimeout) return;
            }
        }
        foreach (var progress in Partitions.Progress(partitions)) Store(progress);
        // Now and not in the background: the next owner asks for it as soon as this one has let go.
        var positions = partitions.Select(partition => (Partition: partition, Position: Partitions.Position(partition))).Where(one => one.Position is not null).ToList();
        if (positions.Count == 0) return;
        try { _consumer.Commit(positions.Select(one => new TopicPartitionOffset(_options.Messages, one.Partition, one.Position!.Value))); }
        catch (KafkaException refused) { OnError(refused.Error); }
    }

    private void OnLost(IReadOnlyCollection<int> lost)
    {
        Partitions.Remove(lost);
        Unpause(lost);
        _metrics.Rebalanced("lost", lost.Count);
    }

    /// <summary>librdkafka tries again by itself, but for errors that are fatal.</summary>
    private void OnError(Error error)
    {
        if (error.Code == ErrorCode.FencedInstanceId || (error.IsFatal && error.Reason.Contains("fenced", StringComparison.OrdinalIgnoreCase)))
            _failure ??= new StreamException(StreamFault.InUse, $"Another worker of the group {_options.GroupName} uses the InstanceId {_options.InstanceId}; each needs its own. Kafka at {_options.BootstrapServers} gave the partitions to it.");
        else if (error.IsFatal) _failure ??= _clients.Unavailable("the consumer failed", new KafkaException(error));
        else _clients.Report(error);
    }

    private void Close()
    {
        try
        {
            // No other thread may ask a closed consumer anything: it takes the process down.
            _publisher?.Stop();
            // Revokes what is assigned, which commits.
            _consumer.Close();
        }
        catch (KafkaException) { }   // The broker is away: what was not committed comes again.
        finally
        {
            _publisher?.Dispose();
            _consumer.Dispose();
        }
    }
}
