using Detection.Contracts;
using Detection.Storage;

namespace Detection.Tests.Detector;

/// <summary>A store in memory that fails and refuses as a test tells it to, and remembers the order of what it took.</summary>
internal sealed class UnsteadyStore : IVerdictStore
{
    private readonly MemoryVerdictStore _store = new();
    private readonly List<string> _order = [];

    /// <summary>Calls that fail before one works.</summary>
    public int Failures { get; set; }

    /// <summary>The message that is refused as too old.</summary>
    public string? Refused { get; set; }

    public IReadOnlyList<string> InOrder { get { lock (_order) return [.. _order]; } }

    public async Task<IReadOnlyList<StoreOutcome>> StoreAsync(IReadOnlyList<JudgedMessage> judged, CancellationToken cancellation)
    {
        if (Failures > 0)
        {
            Failures--;
            throw new StoreException(StoreFault.Unavailable, "down");
        }
        await _store.StoreAsync([.. judged.Where(one => one.MessageId != Refused)], cancellation);
        lock (_order) _order.AddRange(judged.Select(one => one.MessageId).Where(id => id != Refused));
        return [.. judged.Select(one => one.MessageId == Refused ? new StoreOutcome(StoreResult.Rejected, "too old") : new StoreOutcome(StoreResult.Stored))];
    }

    public Task OpenAsync(CancellationToken cancellation) => _store.OpenAsync(cancellation);

    public Task CheckAsync(CancellationToken cancellation) => _store.CheckAsync(cancellation);

    public Task<JudgedMessage?> FindAsync(string verdictId, CancellationToken cancellation) => _store.FindAsync(verdictId, cancellation);

    public Task<VerdictPage> SearchAsync(VerdictQuery query, CancellationToken cancellation) => _store.SearchAsync(query, cancellation);

    public Task<VerdictCounts> CountAsync(VerdictQuery query, CancellationToken cancellation) => _store.CountAsync(query, cancellation);

    public IAsyncEnumerable<JudgedMessage> WatchAsync(CancellationToken cancellation) => _store.WatchAsync(cancellation);

    public Task<DecisionSummary?> DecideAsync(ModeratorDecision decision, CancellationToken cancellation) => _store.DecideAsync(decision, cancellation);

    public Task<IReadOnlyList<ModeratorDecision>> HistoryAsync(string messageId, string contentSha256, CancellationToken cancellation) => _store.HistoryAsync(messageId, contentSha256, cancellation);

    public IAsyncEnumerable<JudgedMessage> DecidedAsync(CancellationToken cancellation) => _store.DecidedAsync(cancellation);

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
