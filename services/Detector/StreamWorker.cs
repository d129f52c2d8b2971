using System.Threading.Channels;
using Detection.Contracts;
using Detection.Ingest;
using Detection.Storage;
using Detection.Streaming;
using Microsoft.Extensions.Options;

namespace Detection.Detector;

/// <summary>
/// Stream in, store out. Effects in the order store, then position: a process killed at any instant judges again what was unfinished, and the store
/// refuses the second copy by its verdict id. A message that cannot be read or judged becomes a dead letter; a store that is down stops progress and is asked again.
/// </summary>
internal sealed class StreamWorker(IMessageStream stream, IVerdictStore store, JudgingEngine engine, IOptions<IngestOptions> ingest, ILogger<StreamWorker> log) : BackgroundService
{
    private const int MaxBatch = 100;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Bounded: the stream is read only as fast as verdicts are stored.
        var judging = System.Threading.Channels.Channel.CreateBounded<Pending>(new BoundedChannelOptions(256) { SingleReader = true, SingleWriter = true });
        // What was read before the stop is finished: storing goes on until the channel is empty, judging ends with the engine.
        var storing = StoreAllAsync(judging.Reader);
        try
        {
            await foreach (var delivery in stream.ReceiveAsync(stoppingToken))
                await judging.Writer.WriteAsync(new Pending(delivery, Task.Run(() => JudgeAsync(delivery), CancellationToken.None)), stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { }
        finally
        {
            judging.Writer.TryComplete();
            await storing;
        }
    }

    private async Task<JudgedMessage> JudgeAsync(Delivery delivery)
    {
        var sent = delivery.ContentType.StartsWith("message/rfc822", StringComparison.OrdinalIgnoreCase)
            ? MessageJson.FromMail(delivery.Value)
            : MessageJson.Parse(delivery.Value.Span);
        return await engine.JudgeAsync(MessageExtraction.Extract(sent, ingest.Value), CancellationToken.None);
    }

    private async Task StoreAllAsync(ChannelReader<Pending> judging)
    {
        var batch = new List<(Delivery Delivery, JudgedMessage Judged)>(MaxBatch);
        while (await judging.WaitToReadAsync())
        {
            while (batch.Count < MaxBatch && judging.TryPeek(out var next) && (batch.Count == 0 || next.Judging.IsCompleted) && judging.TryRead(out var pending))
                if (await FinishedAsync(pending) is { } judged) batch.Add((pending.Delivery, judged));
            await StoreAsync(batch);
            batch.Clear();
        }
    }

    /// <summary>Null: it became a dead letter, or the engine stopped and it will be given again.</summary>
    private async Task<JudgedMessage?> FinishedAsync(Pending pending)
    {
        try { return await pending.Judging; }
        catch (Exception stopped) when (stopped is OperationCanceledException or ChannelClosedException) { return null; }
        catch (Exception failure) when (failure is IngestException or JudgingFailedException)
        {
            await DeadLetterAsync(pending.Delivery, new DeadLetterReason((failure.InnerException ?? failure).GetType().Name, failure.Message));
            return null;
        }
    }

    private async Task StoreAsync(List<(Delivery Delivery, JudgedMessage Judged)> batch)
    {
        if (batch.Count == 0) return;
        var outcomes = await PersistAsync("store", () => store.StoreAsync([.. batch.Select(one => one.Judged)], CancellationToken.None));
        var done = new List<Delivery>(batch.Count);
        for (int i = 0; i < batch.Count; i++)
            if (outcomes[i] is { Result: StoreResult.Rejected } rejected) await DeadLetterAsync(batch[i].Delivery, new DeadLetterReason("Rejected", rejected.Reason ?? "The store refused the verdict."));
            else done.Add(batch[i].Delivery);
        await PersistAsync("stream", async () => { await stream.CompleteAsync(done, CancellationToken.None); return true; });
    }

    private async Task DeadLetterAsync(Delivery delivery, DeadLetterReason reason)
    {
        DetectorLog.DeadLettered(log, delivery.Topic, delivery.Partition, delivery.Offset, reason.Message);
        DetectorMetrics.DeadLettered(reason.Exception);
        await PersistAsync("stream", async () => { await stream.DeadLetterAsync(delivery, reason, CancellationToken.None); return true; });
    }

    /// <summary>An effect that must happen: tried again with growing pauses until it does or the process ends, which loses nothing.</summary>
    private async Task<T> PersistAsync<T>(string what, Func<Task<T>> effect)
    {
        for (var pause = TimeSpan.FromMilliseconds(100); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
            try { return await effect(); }
            catch (Exception failure) when (failure is not ObjectDisposedException)
            {
                DetectorLog.Waiting(log, what, pause, failure.GetType().Name);
                await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()));
            }
    }

    private sealed record Pending(Delivery Delivery, Task<JudgedMessage> Judging);
}
