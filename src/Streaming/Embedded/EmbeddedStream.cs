using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Detection.Streaming.Embedded;

/// <summary>
/// A durable queue in one SQLite file, for one machine without a broker. A record is on disk when <see cref="SendAsync"/> completes. Any number of processes may send;
/// one reads, and a second reader is refused. At least once: what was handed out and not completed when the process dies is handed out again.
/// </summary>
public sealed class EmbeddedStream : IMessageStream, IMessageSink, IDeadLetters
{
    private const int PageRows = 64;

    private readonly EmbeddedStreamOptions _options;
    private readonly TimeProvider _time;
    private readonly StreamMetrics _metrics;
    private readonly Lock _opening = new();
    private readonly Lock _observing = new();
    private readonly Signal _wake = new();
    private QueueWriter? _writer;
    private SqliteSession? _observer;
    private volatile QueueReader? _reader;
    private volatile bool _disposed;
    private int _receiving;

    /// <exception cref="ValidationException">Names the option out of range.</exception>
    public EmbeddedStream(EmbeddedStreamOptions options, TimeProvider? time = null)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _options = options;
        _time = time ?? TimeProvider.System;
        _metrics = new StreamMetrics("embedded", options.Topic, DepthOrNull);
    }

    public bool PublishesResults => false;

    /// <summary>Opens the file, and makes it where it is missing.</summary>
    /// <exception cref="StreamException">The file is damaged, from a newer version, or cannot be used.</exception>
    public Task OpenAsync(CancellationToken cancellation)
    {
        lock (_opening)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _writer ??= new QueueWriter(_options, _time, () => _reader?.Window);
            _observer ??= QueueFile.OpenReader(_options);
        }
        return Task.CompletedTask;
    }

    public Task CheckAsync(CancellationToken cancellation) => ObserveAsync(RecordTable.Unfinished, cancellation);

    /// <exception cref="ArgumentException">A record is larger than MaxRecordBytes; then none is accepted.</exception>
    /// <exception cref="StreamException">None was accepted. After a cancellation they may have been.</exception>
    public async Task SendAsync(IReadOnlyList<OutgoingRecord> records, CancellationToken cancellation)
    {
        if (records.Count == 0) return;
        long started = Stopwatch.GetTimestamp(), bytes = 0;
        foreach (var record in records)
        {
            int size = RecordTable.Size(record);
            if (size > _options.MaxRecordBytes) throw new ArgumentException($"A record has {size} bytes; at most {_options.MaxRecordBytes} (MaxRecordBytes) are taken.", nameof(records));
            bytes += size;
        }
        await Writer().AppendAsync(records, bytes, cancellation).ConfigureAwait(false);
        _wake.Set();
        _metrics.Sent(records.Count, started);
    }

    /// <summary>One reading at a time. Reading again, after the one before has ended, hands out again what is unfinished.</summary>
    /// <exception cref="StreamException">InUse: another process reads this file.</exception>
    public async IAsyncEnumerable<Delivery> ReceiveAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        _ = Writer();
        if (Interlocked.Exchange(ref _receiving, 1) == 1) throw new InvalidOperationException("This stream is being read already.");
        try
        {
            var reader = _reader ??= new QueueReader(_options);
            reader.Rewind();
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                var changed = _wake.Next;
                var page = reader.ReadPage(PageRows);
                _metrics.Consumed(page.Count);
                foreach (var delivery in page)
                {
                    yield return delivery;
                    cancellation.ThrowIfCancellationRequested();
                }
                // Other processes do not signal: look again after a while.
                if (page.Count == 0) await changed.WaitAsync(_options.PollInterval, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            Volatile.Write(ref _receiving, 0);
        }
    }

    /// <exception cref="ArgumentException">A delivery is not of this stream.</exception>
    public async Task CompleteAsync(IReadOnlyList<Completion> completions, CancellationToken cancellation)
    {
        if (completions.Count == 0) return;
        long started = Stopwatch.GetTimestamp();
        Window().Finish([.. completions.Select(completion => completion.Delivery)]);
        _wake.Set();
        await Writer().StorePositionsAsync(cancellation).ConfigureAwait(false);
        _metrics.Settled(started);
    }

    public async Task DeadLetterAsync(Delivery delivery, DeadLetterReason reason, CancellationToken cancellation)
    {
        Window().Check(delivery);
        // In this order: were the delivery finished before the letter is durable, another commit could let the position pass it, and a crash would lose it.
        await Writer().AddLetterAsync(delivery, reason, cancellation).ConfigureAwait(false);
        _metrics.DeadLettered(reason.Exception);
        await this.CompleteAsync([delivery], cancellation).ConfigureAwait(false);
    }

    public Task<long> CountAsync(CancellationToken cancellation) => ObserveAsync(DeadLetterTable.Count, cancellation);

    public Task<IReadOnlyList<DeadLetter>> ListAsync(long after, int take, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(take);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(take, 1000);
        return ObserveAsync(session => DeadLetterTable.List(session, after, take), cancellation);
    }

    public Task<DeadLetter?> FindAsync(long id, CancellationToken cancellation) => ObserveAsync(session => DeadLetterTable.Find(session, id), cancellation);

    public async Task<int> RetryAsync(IReadOnlyList<long> ids, CancellationToken cancellation)
    {
        int retried = 0;
        foreach (long id in ids)
            if (await Writer().RetryAsync(id, cancellation).ConfigureAwait(false)) retried++;
        _wake.Set();
        return retried;
    }

    /// <summary>For health and metrics; what is in flight counts this process's alone.</summary>
    public Task<StreamDepth> DepthAsync(CancellationToken cancellation) => ObserveAsync(Depth, cancellation);

    /// <summary>What was sent or completed before is written; then the file is closed and may be read by another.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_opening)
        {
            if (_disposed) return;
            _disposed = true;
        }
        _metrics.Dispose();
        if (_writer is not null) await _writer.DisposeAsync().ConfigureAwait(false);
        _reader?.Dispose();
        _wake.Set();
        lock (_observing) _observer?.Dispose();
    }

    private QueueWriter Writer()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _writer ?? throw new InvalidOperationException("The stream is not open: call OpenAsync first.");
    }

    private DeliveryWindow Window() => _reader?.Window ?? throw new InvalidOperationException("Nothing was received from this stream yet.");

    private Task<T> ObserveAsync<T>(Func<SqliteSession, T> read, CancellationToken cancellation)
    {
        _ = Writer();
        return Task.Run(() =>
        {
            lock (_observing)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                return read(_observer!);
            }
        }, cancellation);
    }

    private StreamDepth Depth(SqliteSession session)
    {
        var (count, bytes) = _reader?.Window.InFlight ?? default;
        var age = RecordTable.Oldest(session) is { } oldest ? _time.GetUtcNow() - oldest : TimeSpan.Zero;
        return new StreamDepth(RecordTable.Unfinished(session), count, bytes, age < TimeSpan.Zero ? TimeSpan.Zero : age, DeadLetterTable.Count(session));
    }

    private StreamDepth? DepthOrNull()
    {
        // Metrics must not fail where the file cannot be read; the health check says so.
        try
        {
            lock (_observing) return _observer is { } observer && !_disposed ? Depth(observer) : null;
        }
        catch (StreamException)
        {
            return null;
        }
    }
}
