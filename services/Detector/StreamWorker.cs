using System.Threading.Channels;
using Detection.Contracts;
using Detection.Ingest;
using Detection.ServiceDefaults;
using Detection.Storage;
using Detection.Streaming;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;

namespace Detection.Detector;

/// <summary>
/// Stream in, store out. Effects in the order store, verdict topic, position: a process killed at any instant judges again what was unfinished, and the store
/// refuses the second copy by its verdict id. A message that cannot be read or judged becomes a dead letter; a store or broker that is down stops progress and is asked again.
/// Effects happen in the order received, so that the messages of one key keep theirs.
/// </summary>
internal sealed class StreamWorker : BackgroundService
{
    /// <summary>Verdicts stored by one call.</summary>
    private const int MaxBatch = 1_000;

    private readonly IMessageStream _stream;
    private readonly IVerdictStore _store;
    private readonly JudgingEngine _engine;
    private readonly IngestOptions _ingest;
    private readonly ILogger<StreamWorker> _log;
    private readonly ResiliencePipeline _judging;
    private readonly TimeProvider _time;

    public StreamWorker(IMessageStream stream, IVerdictStore store, JudgingEngine engine, IOptions<IngestOptions> ingest, IOptions<DetectionOptions> options, TimeProvider time, ILogger<StreamWorker> log)
    {
        (_stream, _store, _engine, _ingest, _time, _log) = (stream, store, engine, ingest.Value, time, log);
        Attempts = options.Value.Attempts;
        _judging = Retrying(Attempts - 1, TimeSpan.FromSeconds(2), new PredicateBuilder().Handle<JudgingFailedException>(), _ => { });
    }

    private int Attempts { get; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Servers may come up after the worker.
        await PersistAsync("store", _store.OpenAsync, stoppingToken);
        await PersistAsync("stream", _stream.OpenAsync, stoppingToken);
        // Bounded: the stream is read only as fast as verdicts are stored.
        var judging = System.Threading.Channels.Channel.CreateBounded<Pending>(new BoundedChannelOptions(2 * MaxBatch) { SingleReader = true, SingleWriter = true });
        // What was read before the stop is finished: storing goes on until the channel is empty, judging ends with the engine.
        var storing = StoreAllAsync(judging.Reader);
        try
        {
            await foreach (var delivery in _stream.ReceiveAsync(stoppingToken))
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
        using var process = StreamTrace.Process(delivery);
        var sent = delivery.ContentType.StartsWith("message/rfc822", StringComparison.OrdinalIgnoreCase)
            ? MessageJson.FromMail(delivery.Value)
            : MessageJson.Parse(delivery.Value.Span);
        var message = MessageExtraction.Extract(sent, _ingest);
        var judged = await _judging.ExecuteAsync(async cancellation => await _engine.JudgeAsync(message, cancellation), CancellationToken.None);
        return judged with { AcceptedAt = delivery.Timestamp, TraceId = process?.TraceId.ToHexString() };
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
        catch (IngestException broken) { await DeadLetterAsync(pending.Delivery, new DeadLetterReason(nameof(IngestException), broken.Message)); }
        catch (JudgingFailedException failure) { await DeadLetterAsync(pending.Delivery, new DeadLetterReason((failure.InnerException ?? failure).GetType().Name, failure.Message, Attempts)); }
        return null;
    }

    private async Task StoreAsync(List<(Delivery Delivery, JudgedMessage Judged)> batch)
    {
        if (batch.Count == 0) return;
        JudgedMessage[] judged = [.. batch.Select(one => one.Judged)];
        var outcomes = await PersistAsync("store", cancellation => _store.StoreAsync(judged, cancellation));
        var done = new List<Completion>(batch.Count);
        for (int i = 0; i < batch.Count; i++)
            if (outcomes[i] is { Result: StoreResult.Rejected } rejected) await DeadLetterAsync(batch[i].Delivery, new DeadLetterReason("Rejected", rejected.Reason ?? "The store refused the verdict."));
            else done.Add(new Completion(batch[i].Delivery, _stream.PublishesResults ? VerdictRecord.Of(judged[i], batch[i].Delivery) : null));
        await PersistAsync("stream", cancellation => _stream.CompleteAsync(done, cancellation));
    }

    private async Task DeadLetterAsync(Delivery delivery, DeadLetterReason reason)
    {
        DetectorLog.DeadLettered(_log, delivery.Topic, delivery.Partition, delivery.Offset, reason.Message);
        DetectorMetrics.DeadLettered(reason.Exception);
        await PersistAsync("stream", cancellation => _stream.DeadLetterAsync(delivery, reason, cancellation));
    }

    private Task PersistAsync(string what, Func<CancellationToken, Task> effect, CancellationToken cancellation = default) => PersistAsync(what, async stop =>
    {
        await effect(stop);
        return true;
    }, cancellation);

    /// <summary>An effect that must happen: tried again with growing pauses until it does or the process ends, which loses nothing.</summary>
    private async Task<T> PersistAsync<T>(string what, Func<CancellationToken, Task<T>> effect, CancellationToken cancellation = default) =>
        await Retrying(int.MaxValue, TimeSpan.FromSeconds(15), new PredicateBuilder().Handle<Exception>(failure => failure is not (ObjectDisposedException or OperationCanceledException)),
            tried => DetectorLog.Waiting(_log, what, tried.RetryDelay, tried.Outcome.Exception!.GetType().Name)).ExecuteAsync(async stop => await effect(stop), cancellation);

    private ResiliencePipeline Retrying(int retries, TimeSpan longest, PredicateBuilder when, Action<OnRetryArguments<object>> tried) => retries == 0 ? ResiliencePipeline.Empty :
        new ResiliencePipelineBuilder { TimeProvider = _time }.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = retries,
            Delay = TimeSpan.FromMilliseconds(100),
            MaxDelay = longest,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            ShouldHandle = when.Build(),
            OnRetry = arguments =>
            {
                tried(arguments);
                return default;
            },
        }).Build();

    private sealed record Pending(Delivery Delivery, Task<JudgedMessage> Judging);
}
