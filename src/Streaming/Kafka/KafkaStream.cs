using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Confluent.Kafka;

namespace Detection.Streaming.Kafka;

/// <summary>
/// A stream on Kafka topics. At least once: a record whose position was not committed when the process dies is handed out again, here or to another worker of the group. A position
/// is committed in the background within <see cref="KafkaStreamOptions.CommitInterval"/>, before a partition moves to another worker, and on dispose; never past an unfinished record.
/// </summary>
public sealed class KafkaStream : IMessageStream, IMessageSink, IDeadLetters
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly KafkaStreamOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<string> _warn;
    private readonly KafkaClients _clients;
    private readonly KafkaTopics _topics;
    private readonly RecordProducer _producer;
    private readonly DeadLetterTopic _letters;
    private readonly StreamMetrics _metrics;
    private readonly Signal _wake = new();
    private readonly Lock _gate = new();
    private ConsumerLoop? _loop;
    private volatile bool _open, _disposed;
    private int _receiving;
    private int _letterPartitions;

    /// <param name="warn">Lines for an operator: brokers that do not answer, transactions tried again. Never message content, never secrets.</param>
    /// <exception cref="ValidationException">Names the option out of range, or the setting that librdkafka does not know or take.</exception>
    public KafkaStream(KafkaStreamOptions options, TimeProvider? time = null, Action<string>? warn = null)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        (_options, _time, _warn) = (options, time ?? TimeProvider.System, warn ?? (_ => { }));
        _metrics = new StreamMetrics("kafka", options.Messages, DepthOrNull);
        _clients = new KafkaClients(options, _warn);
        _topics = new KafkaTopics(options, _clients);
        _producer = new RecordProducer(_clients, options.RequestTimeout, _metrics.Statistics);
        _letters = new DeadLetterTopic(options, _clients, _topics, _warn);
    }

    public bool PublishesResults => _options.PublishResults;

    /// <summary>Makes the topics that are missing, kept for 7 days, with the broker's default of partitions and replicas (<c>detection topics create</c> takes numbers).</summary>
    /// <exception cref="StreamException">The brokers do not answer or refuse, or the times of records are the senders'.</exception>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        string[] used = _options.PublishResults ? [_options.Messages, _options.Verdicts, _options.DeadLetters] : [_options.Messages, _options.DeadLetters];
        var plan = KafkaTopics.Plan(_options.Prefix, -1, -1, TimeSpan.FromDays(7)).Where(topic => used.Contains(topic.Name));
        await _topics.CreateAsync([.. plan]).WaitAsync(cancellation).ConfigureAwait(false);
        var settings = await _topics.SettingsAsync([_options.Messages]).WaitAsync(cancellation).ConfigureAwait(false);
        if (!_options.AllowProducerTime && settings[_options.Messages].GetValueOrDefault("message.timestamp.type") != "LogAppendTime")
            throw new StreamException(StreamFault.Unavailable, $"The topic {_options.Messages} at {_options.BootstrapServers} takes the times of its senders, who could choose the month that a verdict is filed under. "
                + "Set message.timestamp.type=LogAppendTime on it, or say AllowProducerTime.");
        _letterPartitions = await _topics.PartitionsAsync(_options.DeadLetters).WaitAsync(cancellation).ConfigureAwait(false);
        _open = true;
    }

    public Task CheckAsync(CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _topics.PingAsync().WaitAsync(cancellation);
    }

    /// <summary>Durable on all replicas in sync when the task completes.</summary>
    /// <exception cref="ArgumentException">A record is larger than its topic takes.</exception>
    /// <exception cref="StreamException">Some may not be durable; sending again may double others.</exception>
    public async Task SendAsync(IReadOnlyList<OutgoingRecord> records, CancellationToken cancellation)
    {
        ThrowUnlessOpen();
        if (records.Count == 0) return;
        long started = Stopwatch.GetTimestamp();
        var topic = new TopicPartition(_options.Messages, Partition.Any);
        try { await _producer.SendAsync([.. records.Select(record => new Outgoing(topic, KafkaRecords.Outgoing(record)))], cancellation).ConfigureAwait(false); }
        catch (KafkaException large) when (large.Error.Code == ErrorCode.MsgSizeTooLarge)
        {
            throw new ArgumentException($"A record is larger than {_options.Messages} takes (max.message.bytes).", nameof(records), large);
        }
        catch (KafkaException failure) { throw _clients.Unavailable($"sending to {_options.Messages}", failure); }
        _metrics.Sent(records.Count, started);
    }

    /// <exception cref="StreamException">InUse: another worker has this InstanceId. Unavailable: the consumer failed for good; receiving again begins with a new one.</exception>
    public async IAsyncEnumerable<Delivery> ReceiveAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        ThrowUnlessOpen();
        if (Interlocked.Exchange(ref _receiving, 1) == 1) throw new InvalidOperationException("This stream is being read already.");
        try
        {
            var loop = await LoopAsync().ConfigureAwait(false);
            loop.Partitions.Rewind();
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                ObjectDisposedException.ThrowIf(_disposed, this);
                var changed = _wake.Next;
                if (loop.Partitions.TryHandOut(out var delivery))
                {
                    _metrics.Consumed(1);
                    yield return delivery;
                }
                else if (loop.Failure is { } failure) throw failure;
                else await changed.WaitAsync(Look, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            Volatile.Write(ref _receiving, 0);
        }
    }

    /// <summary>
    /// Completes when the results are on the verdict topic; the position follows in the background. In transactions it only takes them: results go out with the position that passes
    /// their delivery, and are tried again until they do. A completion of a partition that has moved to another worker changes nothing: that worker is given the same again.
    /// </summary>
    /// <exception cref="ArgumentException">A delivery is not of this stream.</exception>
    /// <exception cref="StreamException">The brokers do not take the results; nothing was completed.</exception>
    public async Task CompleteAsync(IReadOnlyList<Completion> completions, CancellationToken cancellation)
    {
        if (completions.Count == 0) return;
        long started = Stopwatch.GetTimestamp();
        var partitions = Assigned();
        // What is finished already, or not ours any more, has no result to publish.
        var done = completions.Where(completion => partitions.Find(completion.Delivery) is not null).Select(completion => (completion.Delivery, Result: Result(completion.Result))).ToList();
        await FinishAsync(partitions, done, $"results to {_options.Verdicts}", cancellation).ConfigureAwait(false);
        _metrics.Settled(started);
    }

    /// <summary>
    /// The letter is durable before the delivery is finished, and is written once: where a worker died between letter and position, the next one finds it. In transactions it goes out
    /// in the one with its position. A record too large for the dead-letter topic leaves a letter without
    /// its value: that stays on the original topic until its retention ends.
    /// </summary>
    public async Task DeadLetterAsync(Delivery delivery, DeadLetterReason reason, CancellationToken cancellation)
    {
        var partitions = Assigned();
        if (partitions.Find(delivery) is not { } received) return;
        Outgoing? letter = null;
        if (_options.Transactional || !await _letters.WasWrittenAsync(delivery, cancellation).ConfigureAwait(false))
            // Letters about one partition lie in one partition: that a second one is about the same record shows in order.
            letter = new Outgoing(new TopicPartition(_options.DeadLetters, delivery.Partition % Math.Max(1, _letterPartitions)), DeadLetterRecord.Forms(delivery, received, reason, _options.GroupName));
        await FinishAsync(partitions, [(delivery, letter)], $"a dead letter to {_options.DeadLetters}", cancellation).ConfigureAwait(false);
        _metrics.DeadLettered(reason.Exception);
    }

    public Task<long> CountAsync(CancellationToken cancellation) => _letters.CountAsync(cancellation);

    public Task<IReadOnlyList<DeadLetter>> ListAsync(long after, int take, CancellationToken cancellation) => _letters.ListAsync(after, take, cancellation);

    public Task<DeadLetter?> FindAsync(long id, CancellationToken cancellation) => _letters.FindAsync(id, cancellation);

    public Task<int> RetryAsync(IReadOnlyList<long> ids, CancellationToken cancellation) => _letters.RetryAsync(ids, cancellation);

    /// <summary>For metrics: this worker's partitions alone. What is unfinished is as of librdkafka's last statistics.</summary>
    public StreamDepth Depth()
    {
        var loop = _loop;
        var (count, bytes) = loop?.Partitions.InFlight ?? default;
        var age = loop?.Partitions.Oldest is { } oldest ? _time.GetUtcNow() - oldest : TimeSpan.Zero;
        return new StreamDepth(_metrics.Lag, count, bytes, age < TimeSpan.Zero ? TimeSpan.Zero : age, null);
    }

    /// <summary>What was completed before is committed; then the group is left. What is in flight comes again.</summary>
    public async ValueTask DisposeAsync()
    {
        ConsumerLoop? loop;
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            loop = _loop;
        }
        _wake.Set();
        if (loop is not null) await loop.DisposeAsync().ConfigureAwait(false);
        _producer.Dispose();
        _letters.Dispose();
        _topics.Dispose();
        _metrics.Dispose();
    }

    private async Task FinishAsync(AssignedPartitions partitions, IReadOnlyList<(Delivery Delivery, Outgoing? Outgoing)> done, string what, CancellationToken cancellation)
    {
        if (_options.Transactional) partitions.Finish(done);
        else
        {
            try { await _producer.SendAsync([.. done.Select(one => one.Outgoing).OfType<Outgoing>()], cancellation).ConfigureAwait(false); }
            catch (KafkaException failure) { throw _clients.Unavailable(what, failure); }
            partitions.Finish([.. done.Select(one => (one.Delivery, (Outgoing?)null))]);
        }
        _wake.Set();
    }

    /// <summary>A verdict that its topic finds too large is left out: it is in the store.</summary>
    private Outgoing? Result(OutgoingRecord? result) => result is null || !_options.PublishResults ? null : new Outgoing(new TopicPartition(_options.Verdicts, Partition.Any), KafkaRecords.Outgoing(result), null);

    private async Task<ConsumerLoop> LoopAsync()
    {
        if (_loop is { Failure: not null } failed) await failed.DisposeAsync().ConfigureAwait(false);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _loop = _loop is { Failure: null } running ? running : new ConsumerLoop(_options, _clients, _wake, _metrics, _warn);
        }
    }

    private AssignedPartitions Assigned()
    {
        ThrowUnlessOpen();
        return _loop?.Partitions ?? throw new InvalidOperationException("Nothing was received from this stream yet.");
    }

    private void ThrowUnlessOpen()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_open) throw new InvalidOperationException("The stream is not open: call OpenAsync first.");
    }

    private StreamDepth? DepthOrNull() => _loop is null || _disposed ? null : Depth();
}
