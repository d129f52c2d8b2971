using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Detection.Contracts;

namespace Detection.Storage.Sqlite;

/// <summary>Verdicts in one SQLite file, for one machine without a search server. Several processes may have it open. Everything that was stored is flushed to disk when the call ends.</summary>
public sealed class SqliteVerdictStore : IVerdictStore, IStoreUpkeep, IDecisionOutbox
{
    private const int PageSize = 100;

    private readonly VerdictStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly ReaderPool _readers;
    private readonly StoreMetrics _metrics = new("sqlite");
    private readonly SemaphoreSlim _writing = new(1);
    private SqliteSession? _writer;
    private TaskCompletionSource _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _disposed;

    /// <param name="options">What is kept, and where.</param>
    /// <param name="time">For the records of erasures; default the system's.</param>
    /// <exception cref="ValidationException">Names the option out of range.</exception>
    public SqliteVerdictStore(VerdictStoreOptions options, TimeProvider? time = null)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        (_options, _time) = (options, time ?? TimeProvider.System);
        _readers = new ReaderPool(options);
    }

    /// <summary>Opens the file, makes it where it is missing, and brings an older one to the present form.</summary>
    /// <exception cref="StoreException">The file is damaged, from a newer version, or cannot be used.</exception>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _writer ??= StoreFile.OpenWriter(_options);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Opens the file anew: connections that are open go on with a file that was removed, and what they write is lost with it.</summary>
    public Task CheckAsync(CancellationToken cancellation) => Task.Run(() => StoreFile.Check(_options), cancellation);

    /// <summary>One transaction: after an exception nothing of the call is stored.</summary>
    public async Task<IReadOnlyList<StoreOutcome>> StoreAsync(IReadOnlyList<JudgedMessage> judged, CancellationToken cancellation)
    {
        if (judged.Count == 0) return [];
        var rows = judged.Select(one => VerdictRow.From(one, _options)).ToArray();
        var outcomes = await WriteAsync("store", session => rows.Select(row => Store(session, row.Row, row.Reason)).ToArray(), cancellation).ConfigureAwait(false);
        _metrics.Stored(outcomes);
        Interlocked.Exchange(ref _stored, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        return outcomes;
    }

    public Task<JudgedMessage?> FindAsync(string verdictId, CancellationToken cancellation) => ReadAsync("find", session => VerdictTable.Find(session, verdictId), cancellation);

    /// <exception cref="ArgumentException">Names the field of the query that cannot be used.</exception>
    public Task<VerdictPage> SearchAsync(VerdictQuery query, CancellationToken cancellation) => ReadAsync("search", session => VerdictSearch.Search(session, query), cancellation);

    /// <summary>Hours: the newest 744 that have verdicts.</summary>
    /// <exception cref="ArgumentException">Names the field of the query that cannot be used.</exception>
    public Task<VerdictCounts> CountAsync(VerdictQuery query, CancellationToken cancellation) => ReadAsync("count", session => VerdictAggregates.Count(session, query), cancellation);

    /// <summary>From the call on, not from the first step of the sequence. Without token scores.</summary>
    public IAsyncEnumerable<JudgedMessage> WatchAsync(CancellationToken cancellation)
    {
        // A seek on the writer's connection, or a wait for the write under way: what is stored after this call is seen.
        var from = WriteAsync("watch", VerdictTable.LastRow, cancellation);
        return FollowAsync(from, cancellation);
    }

    /// <exception cref="ArgumentException">The decision's message or content is not that of its verdict.</exception>
    public async Task<DecisionSummary?> DecideAsync(ModeratorDecision decision, CancellationToken cancellation)
    {
        var (added, summary) = await WriteAsync("decide", session => DecisionTable.Decide(session, decision), cancellation).ConfigureAwait(false);
        if (added) _metrics.Decided();
        return summary;
    }

    public Task<IReadOnlyList<ModeratorDecision>> HistoryAsync(string messageId, string contentSha256, CancellationToken cancellation) =>
        ReadAsync("history", session => DecisionTable.History(session, messageId, contentSha256), cancellation);

    /// <summary>Of several verdicts on one message and content the one judged last. Without token scores.</summary>
    public async IAsyncEnumerable<JudgedMessage> DecidedAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        long last = 0;
        while (true)
        {
            var page = await ReadAsync("decided", session => DecisionTable.Decided(session, last, PageSize), cancellation).ConfigureAwait(false);
            if (page.Count == 0) yield break;
            foreach (var (seq, judged) in page)
            {
                yield return judged;
                last = seq;
            }
        }
    }

    /// <summary>All in one transaction. What was erased is overwritten in the file; copies of the file made before hold it still.</summary>
    public async Task<Erasure> EraseAuthorAsync(string author, string by, CancellationToken cancellation)
    {
        string name = ErasedAuthor.Check(author);
        var erasure = await WriteAsync("erase", session => Upkeep.EraseAuthor(session, name, by, _time.GetUtcNow()), cancellation).ConfigureAwait(false);
        await CheckpointAsync().ConfigureAwait(false);
        return erasure;
    }

    public Task<IReadOnlyList<Erasure>> ErasuresAsync(CancellationToken cancellation) => ReadAsync("erasures", Upkeep.Erasures, cancellation);

    public async Task<Retained> RetainAsync(RetentionPolicy policy, DateTimeOffset now, CancellationToken cancellation)
    {
        long verdicts = 0, decisions = 0;
        if (policy.VerdictDays is { } verdictDays)
            // In pieces, between which others can write.
            for (long deleted = -1; deleted != 0; verdicts += deleted) deleted = await WriteAsync("retain", session => Upkeep.DeleteVerdicts(session, now.AddDays(-verdictDays), PageSize * 10), cancellation).ConfigureAwait(false);
        if (policy.DecisionDays is { } decisionDays) decisions = await WriteAsync("retain", session => Upkeep.DeleteDecisions(session, now.AddDays(-decisionDays)), cancellation).ConfigureAwait(false);
        if (verdicts + decisions > 0) await CheckpointAsync().ConfigureAwait(false);
        return new Retained(verdicts, decisions);
    }

    public Task<IReadOnlyList<DecisionState>> PendingDecisionsAsync(int take, CancellationToken cancellation) => ReadAsync("pending", session => Outbox.Pending(session, take), cancellation);

    public Task PublishedAsync(IReadOnlyList<DecisionState> states, CancellationToken cancellation) => WriteAsync("published", session => Outbox.Published(session, states), cancellation);

    public async ValueTask DisposeAsync()
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        bool first = !_disposed;
        _disposed = true;
        _writing.Release();
        if (!first) return;
        await _readers.DisposeAsync().ConfigureAwait(false);
        _writer?.Dispose();
        _metrics.Dispose();
    }

    /// <summary>Moves the log into the file and empties it; who reads at the moment keeps it for a while.</summary>
    private async Task CheckpointAsync()
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        try { await Task.Run(() => _writer?.Execute("PRAGMA wal_checkpoint(TRUNCATE)")).ConfigureAwait(false); }
        finally { _writing.Release(); }
    }

    private static StoreOutcome Store(SqliteSession session, VerdictRow? row, string? reason)
    {
        if (row is null) return new StoreOutcome(StoreResult.Rejected, reason);
        return new StoreOutcome(VerdictTable.Insert(session, row) ? StoreResult.Stored : StoreResult.AlreadyStored);
    }

    private async IAsyncEnumerable<JudgedMessage> FollowAsync(Task<long> from, [EnumeratorCancellation] CancellationToken cancellation)
    {
        long last = await from.ConfigureAwait(false);
        while (true)
        {
            var stored = Volatile.Read(ref _stored).Task;
            var page = await ReadAsync("watch", session => VerdictTable.After(session, last, PageSize), cancellation).ConfigureAwait(false);
            foreach (var (row, judged) in page)
            {
                yield return judged;
                last = row;
            }
            // Other processes do not signal: look again after a while.
            if (page.Count == 0) await stored.WaitAsync(_options.PollInterval, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private Task<T> ReadAsync<T>(string operation, Func<SqliteSession, T> read, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_writer is null) throw new InvalidOperationException("The store is not open: call OpenAsync first.");
        return _metrics.TimeAsync(operation, () => _readers.ReadAsync(read, cancellation));
    }

    private Task<T> WriteAsync<T>(string operation, Func<SqliteSession, T> write, CancellationToken cancellation) => _metrics.TimeAsync(operation, async () =>
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var writer = _writer ?? throw new InvalidOperationException("The store is not open: call OpenAsync first.");
            // Not cancelled half-way: what has begun is stored or not, and the caller learns which.
            return await Task.Run(() =>
            {
                T result = default!;
                writer.Transaction(() => result = write(writer));
                return result;
            }, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    });
}
