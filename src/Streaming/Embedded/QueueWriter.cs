using System.Text;

namespace Detection.Streaming.Embedded;

/// <summary>All writing to a file by this process: sends, positions, dead letters, in shared transactions on one connection.</summary>
internal sealed class QueueWriter : IAsyncDisposable
{
    private readonly EmbeddedStreamOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<DeliveryWindow?> _window;
    private readonly SqliteSession _session;
    private readonly GroupCommit _commits;
    private readonly int _partitions;
    private int _lastPartition;

    /// <param name="window">Whose positions are stored with each transaction; null while nothing is read.</param>
    public QueueWriter(EmbeddedStreamOptions options, TimeProvider time, Func<DeliveryWindow?> window)
    {
        _options = options;
        _time = time;
        _window = window;
        _session = QueueFile.OpenWriter(options);
        _partitions = RecordTable.PartitionCount(_session);
        _commits = new GroupCommit(Commit, Shrink);
    }

    public Task AppendAsync(IReadOnlyList<OutgoingRecord> records, long bytes, CancellationToken cancellation) => _commits.WriteAsync(() =>
    {
        var now = _time.GetUtcNow();
        foreach (var record in records) RecordTable.Append(_session, PartitionOf(record.Key), now, record);
    }, bytes, cancellation);

    public Task AddLetterAsync(Delivery delivery, DeadLetterReason reason, CancellationToken cancellation) =>
        _commits.WriteAsync(() => DeadLetterTable.Add(_session, delivery, reason, _options.Group, _time.GetUtcNow()), delivery.Value.Length, cancellation);

    /// <summary>Nothing to write for a call alone: each transaction ends by storing the positions that moved.</summary>
    public Task StorePositionsAsync(CancellationToken cancellation) => _commits.WriteAsync(() => { }, 0, cancellation);

    /// <summary>False: no such letter.</summary>
    public async Task<bool> RetryAsync(long id, CancellationToken cancellation)
    {
        bool found = false;
        await _commits.WriteAsync(() =>
        {
            var letter = DeadLetterTable.Find(_session, id);
            found = letter is not null;
            if (letter is not { Delivery: var delivery }) return;
            RecordTable.Append(_session, PartitionOf(delivery.Key), delivery.Timestamp, new OutgoingRecord(delivery.Key, delivery.Value, delivery.Headers));
            DeadLetterTable.Remove(_session, id);
        }, 0, cancellation).ConfigureAwait(false);
        return found;
    }

    /// <summary>What was handed over is still written.</summary>
    public async ValueTask DisposeAsync()
    {
        await _commits.DisposeAsync().ConfigureAwait(false);
        _session.Dispose();
    }

    private void Commit(Action writes)
    {
        var window = _window();
        IReadOnlyList<(int Partition, long Position)> moved = [];
        _session.Transaction(() =>
        {
            writes();
            moved = window?.Moved() ?? [];
            foreach (var (partition, position) in moved) RecordTable.Settle(_session, partition, position);
        });
        window?.Stored(moved);
    }

    private bool Shrink()
    {
        // Only room is lost where this fails; a write that follows tells what is wrong.
        try { return QueueFile.Shrink(_session); }
        catch (StreamException) { return false; }
    }

    /// <summary>FNV-1a over the key's UTF-8, the same in every process; records without a key go round. On the writing thread alone.</summary>
    private int PartitionOf(string? key)
    {
        if (key is null) return _lastPartition = (_lastPartition + 1) % _partitions;
        uint hash = 2166136261;
        foreach (byte part in Encoding.UTF8.GetBytes(key)) hash = (hash ^ part) * 16777619;
        return (int)(hash % (uint)_partitions);
    }
}
