using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Detection.Contracts;
using Detection.Storage;

namespace Detection.Moderation;

/// <summary>What happened in the store: a verdict came (<paramref name="Stored"/> is set), or a moderator decided on one.</summary>
internal sealed record FeedEvent(string VerdictId, JudgedMessage? Stored);

/// <summary>
/// Watches the store once and passes what comes to every page and every listener of the event stream. A listener that is too slow misses the oldest events,
/// never holds up others. A store that does not answer is asked again.
/// </summary>
internal sealed class VerdictFeed(IVerdictStore store, TimeProvider time, ILogger<VerdictFeed> log) : BackgroundService
{
    private const int Waiting = 512;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<Channel<FeedEvent>, bool> _listeners = new();
    private CancellationToken _stopping = CancellationToken.None;

    /// <summary>Events from the call on; ends by cancellation or when the host stops.</summary>
    public IAsyncEnumerable<FeedEvent> ListenAsync(CancellationToken cancellation)
    {
        var events = System.Threading.Channels.Channel.CreateBounded<FeedEvent>(new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        _listeners[events] = true;
        if (_stopping.IsCancellationRequested) events.Writer.TryComplete();
        return ReadAsync(events, cancellation);
    }

    public void Publish(FeedEvent happened)
    {
        foreach (var listener in _listeners.Keys) listener.Writer.TryWrite(happened);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _stopping = stoppingToken;
        using var end = stoppingToken.Register(() =>
        {
            foreach (var listener in _listeners.Keys) listener.Writer.TryComplete();
        });
        while (!stoppingToken.IsCancellationRequested)
            try
            {
                await foreach (var judged in store.WatchAsync(stoppingToken)) Publish(new FeedEvent(judged.VerdictId, judged));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { }
            catch (Exception failure)
            {
                ModerationLog.WatchFailed(log, failure.GetType().Name, Pause);
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
    }

    private async IAsyncEnumerable<FeedEvent> ReadAsync(Channel<FeedEvent> events, [EnumeratorCancellation] CancellationToken cancellation)
    {
        try
        {
            await foreach (var happened in events.Reader.ReadAllAsync(cancellation)) yield return happened;
        }
        finally { _listeners.TryRemove(events, out _); }
    }
}
