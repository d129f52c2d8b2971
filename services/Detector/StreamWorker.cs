using System.Diagnostics;
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
/// Effects of one partition happen in the order received, so that the messages of one key keep theirs.
/// </summary>
internal sealed class StreamWorker : BackgroundService
{
    /// <summary>Verdicts stored by one call.</summary>
    private const int MaxBatch = 1_000;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private readonly IMessageStream _stream;
    private readonly IVerdictStore _store;
    private readonly JudgingEngine _engine;
    private readonly IngestOptions _ingest;
    private readonly ILogger<StreamWorker> _log;
    private readonly ResiliencePipeline _judging, _storing, _streaming, _receiving;
    private readonly TimeProvider _time;
    private readonly int _attempts, _lanes;

    public StreamWorker(IMessageStream stream, IVerdictStore store, JudgingEngine engine, IOptions<IngestOptions> ingest, IOptions<DetectionOptions> options, TimeProvider time, ILogger<StreamWorker> log)
    {
        (_stream, _store, _engine, _ingest, _time, _log) = (stream, store, engine, ingest.Value, time, log);
        (_attempts, _lanes) = (options.Value.Attempts, DetectorHost.StoringLanes(options.Value));
        _judging = _attempts == 1 ? ResiliencePipeline.Empty : Retrying(_attempts - 1, TimeSpan.FromSeconds(2), failure => failure is JudgingFailedException, _ => { });
        (_storing, _streaming) = (Persisting("store"), Persisting("stream"));
        // A consumer that failed for good is made anew; another worker under this one's name ends the program.
        _receiving = Retrying(int.MaxValue, LongestPause, failure => failure is StreamException { Fault: StreamFault.Unavailable }, tried => DetectorLog.Waiting(_log, "stream", tried.RetryDelay, Said(tried.Outcome.Exception!)));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Servers may come up after the worker.
        await PersistAsync(_storing, _store.OpenAsync, stoppingToken);
        await PersistAsync(_streaming, _stream.OpenAsync, stoppingToken);
        // Partitions are dealt to the lanes: while one waits for the store the others go on. Bounded: the stream is read only as fast as verdicts are stored.
        Channel<Pending>[] lanes = [.. Enumerable.Range(0, _lanes).Select(_ => System.Threading.Channels.Channel.CreateBounded<Pending>(new BoundedChannelOptions(2 * MaxBatch) { SingleReader = true, SingleWriter = true }))];
        // What was read before the stop is finished: storing goes on until the lanes are empty, judging ends with the engine.
        var storing = Task.WhenAll(lanes.Select(StoreLaneAsync));
        try { await _receiving.ExecuteAsync(async stop => await ReceiveAsync(lanes, stop), stoppingToken); }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { }
        finally
        {
            foreach (var lane in lanes) lane.Writer.TryComplete();
            await storing;
        }
    }

    /// <summary>Ends by cancellation, or where the stream fails for good.</summary>
    private async Task ReceiveAsync(Channel<Pending>[] lanes, CancellationToken cancellation)
    {
        await foreach (var delivery in _stream.ReceiveAsync(cancellation))
            await lanes[delivery.Partition % lanes.Length].Writer.WriteAsync(new Pending(delivery, Task.Run(() => JudgeAsync(delivery), CancellationToken.None)), cancellation);
    }

    private async Task<Judged> JudgeAsync(Delivery delivery)
    {
        using var process = StreamTrace.Process(delivery);
        // What calls itself an event must be one; plain messages are taken too.
        CloudEventHeaders.Read(delivery);
        var sent = delivery.ContentType.StartsWith("message/rfc822", StringComparison.OrdinalIgnoreCase)
            ? MessageJson.FromMail(delivery.Value)
            : MessageJson.Parse(delivery.Value.Span);
        var message = MessageExtraction.Extract(sent, _ingest);
        var judged = await _judging.ExecuteAsync(async cancellation => await _engine.JudgeAsync(message, cancellation), CancellationToken.None);
        return new Judged(delivery, judged with { AcceptedAt = delivery.Timestamp, TraceId = process?.TraceId.ToHexString() }, process);
    }

    /// <summary>A lane that fails takes nothing more: the next message for it ends the worker, and with it the program, instead of standing still.</summary>
    private async Task StoreLaneAsync(Channel<Pending> lane)
    {
        try { await StoreAllAsync(lane.Reader); }
        catch (Exception fault)
        {
            lane.Writer.TryComplete(fault);
            throw;
        }
    }

    private async Task StoreAllAsync(ChannelReader<Pending> judging)
    {
        var batch = new List<Judged>(MaxBatch);
        while (await judging.WaitToReadAsync())
        {
            while (batch.Count < MaxBatch && judging.TryPeek(out var next) && (batch.Count == 0 || next.Judging.IsCompleted) && judging.TryRead(out var pending))
                if (await FinishedAsync(pending) is { } judged) batch.Add(judged);
            await StoreAsync(batch);
            batch.Clear();
        }
    }

    /// <summary>Null: it became a dead letter, or the engine stopped and it will be given again.</summary>
    private async Task<Judged?> FinishedAsync(Pending pending)
    {
        try { return await pending.Judging; }
        catch (Exception stopped) when (stopped is OperationCanceledException or ChannelClosedException) { return null; }
        catch (Exception broken) when (broken is IngestException or FormatException) { await DeadLetterAsync(pending.Delivery, new DeadLetterReason(broken.GetType().Name, broken.Message)); }
        catch (JudgingFailedException failure) { await DeadLetterAsync(pending.Delivery, new DeadLetterReason((failure.InnerException ?? failure).GetType().Name, failure.Message, _attempts)); }
        // A fault of ours: one message must not end the worker again and again. What it says may hold words of the message.
        catch (Exception fault) { await DeadLetterAsync(pending.Delivery, new DeadLetterReason(fault.GetType().Name, $"The message could not be processed: {fault.GetType().Name}.")); }
        return null;
    }

    private async Task StoreAsync(List<Judged> batch)
    {
        if (batch.Count == 0) return;
        JudgedMessage[] judged = [.. batch.Select(one => one.Message)];
        IReadOnlyList<StoreOutcome> outcomes = [];
        await PersistAsync(_storing, async cancellation => outcomes = await _store.StoreAsync(judged, cancellation));
        var done = new List<Completion>(batch.Count);
        foreach (var (one, outcome) in batch.Zip(outcomes))
            if (outcome.Result == StoreResult.Rejected) await DeadLetterAsync(one.Delivery, new DeadLetterReason("Rejected", outcome.Reason ?? "The store refused the verdict."));
            else done.Add(new Completion(one.Delivery, _stream.PublishesResults ? VerdictRecord.Of(one.Message, one.Process) : null));
        await PersistAsync(_streaming, cancellation => _stream.CompleteAsync(done, cancellation));
    }

    private async Task DeadLetterAsync(Delivery delivery, DeadLetterReason reason)
    {
        DetectorLog.DeadLettered(_log, delivery.Topic, delivery.Partition, delivery.Offset, reason.Message);
        DetectorMetrics.DeadLettered(reason.Exception);
        await PersistAsync(_streaming, cancellation => _stream.DeadLetterAsync(delivery, reason, cancellation));
    }

    /// <summary>An effect that must happen: tried again until it does or the process ends, which loses nothing.</summary>
    private static async Task PersistAsync(ResiliencePipeline persisting, Func<CancellationToken, Task> effect, CancellationToken cancellation = default) =>
        await persisting.ExecuteAsync(async stop => await effect(stop), cancellation);

    private ResiliencePipeline Persisting(string what) => Retrying(int.MaxValue, LongestPause, failure => failure is not (ObjectDisposedException or OperationCanceledException),
        tried => DetectorLog.Waiting(_log, what, tried.RetryDelay, Said(tried.Outcome.Exception!)));

    /// <summary>With growing pauses and jitter, so that workers that lost the same server do not come back at one instant.</summary>
    private ResiliencePipeline Retrying(int retries, TimeSpan longest, Func<Exception, bool> when, Action<OnRetryArguments<object>> tried) => new ResiliencePipelineBuilder { TimeProvider = _time }.AddRetry(new RetryStrategyOptions
    {
        MaxRetryAttempts = retries,
        Delay = TimeSpan.FromMilliseconds(100),
        MaxDelay = longest,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        ShouldHandle = new PredicateBuilder().Handle(when),
        OnRetry = arguments =>
        {
            tried(arguments);
            return default;
        },
    }).Build();

    /// <summary>What stream and store say themselves names the server and what to do; what others say may hold words of a message.</summary>
    private static string Said(Exception failure) => failure is StreamException or StoreException ? failure.Message : failure.GetType().Name;

    private sealed record Judged(Delivery Delivery, JudgedMessage Message, Activity? Process);

    private sealed record Pending(Delivery Delivery, Task<Judged> Judging);
}
