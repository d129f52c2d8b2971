using System.Diagnostics;
using Detection.Contracts;
using Detection.Storage;

namespace Detection.Standalone.Streaming;

/// <summary>A store that notes how long it took for each batch of verdicts.</summary>
internal sealed class TimedStore(IVerdictStore store) : IVerdictStore
{
    /// <summary>Of the stage that runs.</summary>
    public ServiceTimes Times { get; set; } = new();

    public async Task<IReadOnlyList<StoreOutcome>> StoreAsync(IReadOnlyList<JudgedMessage> judged, CancellationToken cancellation)
    {
        long begun = Stopwatch.GetTimestamp();
        var outcomes = await store.StoreAsync(judged, cancellation);
        Times.Add(judged.Count, Stopwatch.GetElapsedTime(begun));
        return outcomes;
    }

    public Task OpenAsync(CancellationToken cancellation) => store.OpenAsync(cancellation);

    public Task CheckAsync(CancellationToken cancellation) => store.CheckAsync(cancellation);

    public Task<JudgedMessage?> FindAsync(string verdictId, CancellationToken cancellation) => store.FindAsync(verdictId, cancellation);

    public Task<VerdictPage> SearchAsync(VerdictQuery query, CancellationToken cancellation) => store.SearchAsync(query, cancellation);

    public Task<VerdictCounts> CountAsync(VerdictQuery query, CancellationToken cancellation) => store.CountAsync(query, cancellation);

    public IAsyncEnumerable<JudgedMessage> WatchAsync(CancellationToken cancellation) => store.WatchAsync(cancellation);

    public Task<DecisionSummary?> DecideAsync(ModeratorDecision decision, CancellationToken cancellation) => store.DecideAsync(decision, cancellation);

    public Task<IReadOnlyList<ModeratorDecision>> HistoryAsync(string messageId, string contentSha256, CancellationToken cancellation) => store.HistoryAsync(messageId, contentSha256, cancellation);

    public IAsyncEnumerable<JudgedMessage> DecidedAsync(CancellationToken cancellation) => store.DecidedAsync(cancellation);

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
