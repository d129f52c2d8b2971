using System.ComponentModel.DataAnnotations;
using Detection.Contracts;

namespace Detection.Storage.Elasticsearch;

/// <summary>
/// Verdicts in Elasticsearch (7.17 to 9) or OpenSearch (2), one index a month, for streams of many machines. What was stored is found by id at once and by searches after the refresh
/// interval. Many programs may use it at one time.
/// </summary>
public sealed class ElasticsearchVerdictStore : IVerdictStore, IStoreUpkeep, IDecisionOutbox
{
    private readonly StoreMetrics _metrics = new("elasticsearch");
    private readonly ElasticsearchStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly IndexNames _names;
    private readonly SearchCluster _cluster;
    private readonly IndexSetup _setup;
    private readonly PointsInTime _points;
    private readonly DecisionLog _log;
    private readonly DecisionProjection _projection;
    private readonly DecisionOutbox _outbox;
    private readonly VerdictReader _reader;
    private readonly VerdictWriter _writer;
    private readonly DecidedVerdicts _decided;
    private readonly StoreUpkeep _upkeep;
    private bool _isOpen;
    private int _disposed;

    /// <exception cref="ValidationException">Names the option out of range.</exception>
    public ElasticsearchVerdictStore(ElasticsearchStoreOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _cluster = new SearchCluster(options, _metrics);
        _names = new IndexNames(options.Prefix);
        _setup = new IndexSetup(_cluster, _names, new IndexTemplates(_names, options));
        _points = new PointsInTime(_cluster, _names);
        _log = new DecisionLog(_cluster, _names, time);
        _projection = new DecisionProjection(_cluster, _names, _log, time);
        _outbox = new DecisionOutbox(_cluster, _names, _log, _projection, time);
        _reader = new VerdictReader(_cluster, _names, time);
        _decided = new DecidedVerdicts(_cluster, _names, _log, _reader);
        _upkeep = new StoreUpkeep(_cluster, _names, _outbox, _projection, _decided, time);
        _writer = new VerdictWriter(options, _names, new BulkSender(_cluster, _names, _setup, _projection, _metrics, options, time), time);
    }

    /// <summary>Makes templates and indices where they are missing.</summary>
    /// <exception cref="StoreException">No node answers, or a newer version of the program made the templates.</exception>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        await _points.RecogniseAsync(cancellation).ConfigureAwait(false);
        await _setup.TemplatesAsync(always: false, cancellation).ConfigureAwait(false);
        await _setup.IndicesAsync(_time.GetUtcNow(), cancellation).ConfigureAwait(false);
        _isOpen = true;
    }

    /// <summary>Completes when this month's index can be searched.</summary>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        string month = _names.Month(_time.GetUtcNow());
        if ((await _cluster.PostAsync($"/{month}/_search?size=0&terminate_after=1", null, cancellation, 404).ConfigureAwait(false)).Status == 404)
            await _setup.IndexAsync(month, cancellation).ConfigureAwait(false);
    }

    /// <summary>A call that fails may have stored some of its messages; to store them again is safe.</summary>
    public async Task<IReadOnlyList<StoreOutcome>> StoreAsync(IReadOnlyList<JudgedMessage> judged, CancellationToken cancellation)
    {
        if (judged.Count == 0) return [];
        var outcomes = await TimeAsync("store", () => _writer.StoreAsync(judged, cancellation)).ConfigureAwait(false);
        _metrics.Stored(outcomes);
        return outcomes;
    }

    public Task<JudgedMessage?> FindAsync(string verdictId, CancellationToken cancellation) => TimeAsync("find", () => _reader.FindAsync(verdictId, cancellation));

    /// <exception cref="ArgumentException">Names the field of the query that cannot be used.</exception>
    public Task<VerdictPage> SearchAsync(VerdictQuery query, CancellationToken cancellation) => TimeAsync("search", () => new VerdictSearch(_cluster, _names, _points).SearchAsync(query, cancellation));

    /// <summary>Hours: the newest 744 that have verdicts.</summary>
    /// <exception cref="ArgumentException">Names the field of the query that cannot be used.</exception>
    public Task<VerdictCounts> CountAsync(VerdictQuery query, CancellationToken cancellation) => TimeAsync("count", () => new VerdictAggregates(_cluster, _names).CountAsync(query, cancellation));

    /// <summary>From the call on, not from the first step of the sequence; a verdict is seen within the refresh interval and a second. Without token scores.</summary>
    public IAsyncEnumerable<JudgedMessage> WatchAsync(CancellationToken cancellation) => new VerdictWatch(_cluster, _names, _options, _time).FollowAsync(cancellation);

    /// <exception cref="ArgumentException">The decision's message or content is not that of its verdict.</exception>
    public Task<DecisionSummary?> DecideAsync(ModeratorDecision decision, CancellationToken cancellation) => TimeAsync("decide", async () =>
    {
        var judged = await _reader.FindAsync(decision.VerdictId, cancellation).ConfigureAwait(false) ?? throw new KeyNotFoundException($"verdictId: {decision.VerdictId} is not in the store.");
        if (judged.MessageId != decision.MessageId) throw new ArgumentException("messageId: not that of the verdict.", nameof(decision));
        if (judged.ContentSha256 != decision.ContentSha256) throw new ArgumentException("contentSha256: not that of the verdict.", nameof(decision));
        var history = await AppendAsync(decision, cancellation).ConfigureAwait(false);
        // Also for a decision that is known: the program may have ended before the verdicts had it.
        await _projection.CarryAsync([(decision.MessageId, decision.ContentSha256)], cancellation).ConfigureAwait(false);
        return DecisionHistory.Summary(history);
    });

    public Task<IReadOnlyList<ModeratorDecision>> HistoryAsync(string messageId, string contentSha256, CancellationToken cancellation) => TimeAsync<IReadOnlyList<ModeratorDecision>>("history", async () =>
        [.. (await _log.ReadAsync(DecisionLog.Key(messageId, contentSha256), cancellation).ConfigureAwait(false)).Select(record => record.Decision)]);

    /// <summary>Of several verdicts on one message and content the one judged last. Without token scores.</summary>
    public IAsyncEnumerable<JudgedMessage> DecidedAsync(CancellationToken cancellation) => _decided.ReadAsync(cancellation);

    public Task<Erasure> EraseAuthorAsync(string author, string by, CancellationToken cancellation) => TimeAsync("erase", () => _upkeep.EraseAuthorAsync(author, by, cancellation));

    public Task<IReadOnlyList<Erasure>> ErasuresAsync(CancellationToken cancellation) => TimeAsync("erasures", () => _upkeep.ErasuresAsync(cancellation));

    public Task<Retained> RetainAsync(RetentionPolicy policy, DateTimeOffset now, CancellationToken cancellation) => TimeAsync("retain", () => _upkeep.RetainAsync(policy, now, cancellation));

    public Task<IReadOnlyList<DecisionState>> PendingDecisionsAsync(int take, CancellationToken cancellation) => TimeAsync("pending", () => _outbox.PendingAsync(take, cancellation));

    public Task PublishedAsync(IReadOnlyList<DecisionState> states, CancellationToken cancellation) => TimeAsync("published", async () =>
    {
        await _outbox.PublishedAsync(states, cancellation).ConfigureAwait(false);
        return states.Count;
    });

    /// <summary>Makes what was stored visible to searches now; for tests and for commands that are about to read.</summary>
    internal Task RefreshAsync(CancellationToken cancellation) => _cluster.PostAsync($"/{_names.Prefix}-*/_refresh", null, cancellation);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await _writer.DisposeAsync().ConfigureAwait(false);
        _cluster.Dispose();
        _metrics.Dispose();
    }

    private async Task<IReadOnlyList<ModeratorDecision>> AppendAsync(ModeratorDecision decision, CancellationToken cancellation)
    {
        string key = DecisionLog.Key(decision.MessageId, decision.ContentSha256);
        while (true)
        {
            ModeratorDecision[] history = [.. (await _log.ReadAsync(key, cancellation).ConfigureAwait(false)).Select(record => record.Decision)];
            if (history.Any(other => other.DecisionId == decision.DecisionId)) return history;
            DecisionHistory.Check(history, decision);
            if (!await _log.AppendAsync(key, history.Length, decision, cancellation).ConfigureAwait(false)) continue;
            _metrics.Decided();
            return [.. history, decision];
        }
    }

    private Task<T> TimeAsync<T>(string operation, Func<Task<T>> call)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (!_isOpen) throw new InvalidOperationException("The store is not open: call OpenAsync first.");
        return _metrics.TimeAsync(operation, call);
    }
}
