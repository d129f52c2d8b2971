using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

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
    private OpenFile? _file;
    private volatile QueueReader? _reader;
    private int _nextPartition;
    private int _receiving;
    private bool _disposed;

    /// <exception cref="ValidationException">Names the option out of range.</exception>
    public EmbeddedStream(EmbeddedStreamOptions options, TimeProvider? time = null)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _options = options;
        _time = time ?? TimeProvider.System;
        _metrics = new StreamMetrics("embedded", options.Topic, DepthOrNull);
    }

    /// <summary>Opens the file, and makes it where it is missing.</summary>
    /// <exception cref="StreamException">The file is damaged, from a newer version, or cannot be used.</exception>
    public Task OpenAsync(CancellationToken cancellation)
    {
        lock (_opening)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _file ??= Connect();
        }
        return Task.CompletedTask;
    }

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
        var file = File();
        await file.Commits.WriteAsync(() =>
        {
            var now = _time.GetUtcNow();
            foreach (var record in records) RecordTable.Append(file.Writer, PartitionOf(record.Key, file.Partitions), now, record);
        }, bytes, cancellation).ConfigureAwait(false);
        _wake.Set();
        _metrics.Sent(records.Count, started);
    }

    /// <summary>One reading at a time. Reading again, after the one before has ended, hands out again what is unfinished.</summary>
    /// <exception cref="StreamException">InUse: another process reads this file.</exception>
    public async IAsyncEnumerable<Delivery> ReceiveAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _receiving, 1) == 1) throw new InvalidOperationException("This stream is being read already.");
        try
        {
            _ = File();
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
                if (page.Count == 0) await changed.WaitAsync(_options.PollInterval, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            Volatile.Write(ref _receiving, 0);
        }
    }

    /// <exception cref="ArgumentException">A delivery is not of this stream.</exception>
    public async Task CompleteAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellation)
    {
        if (deliveries.Count == 0) return;
        long started = Stopwatch.GetTimestamp();
        Reading().Window.Finish(deliveries);
        _wake.Set();
        // Nothing to write for this call alone: each transaction ends by storing the positions that moved.
        await File().Commits.WriteAsync(() => { }, 0, cancellation).ConfigureAwait(false);
        _metrics.Settled(started);
    }

    public async Task DeadLetterAsync(Delivery delivery, DeadLetterReason reason, CancellationToken cancellation)
    {
        Reading().Window.Check(delivery);
        var file = File();
        // In this order: were the delivery finished before the letter is durable, another commit could let the position pass it, and a crash would lose it.
        await file.Commits.WriteAsync(() => DeadLetterTable.Add(file.Writer, delivery, reason, _options.Group, _time.GetUtcNow()), delivery.Value.Length, cancellation).ConfigureAwait(false);
        _metrics.DeadLettered(reason.Exception);
        await CompleteAsync([delivery], cancellation).ConfigureAwait(false);
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
        var file = File();
        int retried = 0;
        foreach (long id in ids)
        {
            bool found = false;
            await file.Commits.WriteAsync(() =>
            {
                var letter = DeadLetterTable.Find(file.Writer, id);
                found = letter is not null;
                if (letter is not null) Retry(file, letter);
            }, 0, cancellation).ConfigureAwait(false);
            if (found) retried++;
        }
        _wake.Set();
        return retried;
    }

    /// <summary>For health and metrics; <see cref="StreamDepth.InFlight"/> counts this process's alone.</summary>
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
        if (_file is null) return;
        await _file.Commits.DisposeAsync().ConfigureAwait(false);
        _reader?.Dispose();
        lock (_observing) _file.Observer.Dispose();
        _file.Writer.Dispose();
    }

    private OpenFile File()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _file ?? throw new InvalidOperationException("The stream is not open: call OpenAsync first.");
    }

    private QueueReader Reading() => _reader ?? throw new InvalidOperationException("Nothing was received from this stream yet.");

    private OpenFile Connect()
    {
        var writer = QueueFile.OpenWriter(_options);
        return new OpenFile(writer, QueueFile.OpenReader(_options), RecordTable.PartitionCount(writer), new GroupCommit(body => Commit(writer, body), () => Shrink(writer)));
    }

    /// <summary>One transaction: the writes that waited, and the positions that moved.</summary>
    private void Commit(SqliteSession writer, Action body)
    {
        IReadOnlyList<(int Partition, long Position)> moved = [];
        writer.Transaction(() =>
        {
            body();
            moved = _reader?.Window.Moved() ?? [];
            foreach (var (partition, position) in moved) RecordTable.Settle(writer, partition, position);
        });
        _reader?.Window.Stored(moved);
    }

    private static bool Shrink(SqliteSession writer)
    {
        // Only room is lost where this fails; a write that follows tells what is wrong.
        try { return QueueFile.Shrink(writer); }
        catch (StreamException) { return false; }
    }

    private void Retry(OpenFile file, DeadLetter letter)
    {
        var delivery = letter.Delivery;
        RecordTable.Append(file.Writer, PartitionOf(delivery.Key, file.Partitions), delivery.Timestamp, new OutgoingRecord(delivery.Key, delivery.Value, delivery.Headers));
        DeadLetterTable.Remove(file.Writer, letter.Id);
    }

    /// <summary>FNV-1a over the key's UTF-8, the same in every process; records without a key go round. On the writing thread alone.</summary>
    private int PartitionOf(string? key, int partitions)
    {
        if (key is null) return _nextPartition = (_nextPartition + 1) % partitions;
        uint hash = 2166136261;
        foreach (byte part in Encoding.UTF8.GetBytes(key)) hash = (hash ^ part) * 16777619;
        return (int)(hash % (uint)partitions);
    }

    private Task<T> ObserveAsync<T>(Func<SqliteSession, T> read, CancellationToken cancellation)
    {
        var file = File();
        return Task.Run(() => { lock (_observing) return read(file.Observer); }, cancellation);
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
            lock (_observing) return _file is { } file && !_disposed ? Depth(file.Observer) : null;
        }
        catch (StreamException)
        {
            return null;
        }
    }

    private sealed record OpenFile(SqliteSession Writer, SqliteSession Observer, int Partitions, GroupCommit Commits);
}
