using System.Threading.Channels;
using Detection.Contracts;

namespace Detection.Detector;

/// <summary>
/// One batcher and one scorer loop, shared by the stream and by HTTP: callers hand in extracted messages and await their verdicts.
/// Backpressure is the bounded channel; a batch that fails is judged again one by one, so that one bad message harms no other.
/// </summary>
public sealed class JudgingEngine : BackgroundService
{
    /// <summary>Messages in one batch, and characters, so that a few long mails are a batch of their own.</summary>
    private const int MaxBatch = 64, MaxBatchCharacters = 40_000;

    /// <summary>Messages waiting for the model; more wait at the door.</summary>
    private const int MaxWaiting = 512;

    private readonly System.Threading.Channels.Channel<Job> _waiting;
    private readonly Func<IReadOnlyList<Message>, CancellationToken, IReadOnlyList<JudgedMessage>> _judge;
    private readonly TimeSpan _maxDelay;
    private readonly TimeProvider _time;
    private Job? _carried;

    /// <param name="judge">The pipeline: as many judged messages as messages, in order. Called from one thread at a time.</param>
    /// <param name="maxDelay">How long the first message of a batch waits for others.</param>
    public JudgingEngine(Func<IReadOnlyList<Message>, CancellationToken, IReadOnlyList<JudgedMessage>> judge, TimeSpan maxDelay, TimeProvider time)
    {
        (_judge, _maxDelay, _time) = (judge, maxDelay, time);
        _waiting = System.Threading.Channels.Channel.CreateBounded<Job>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    }

    /// <summary>Judges one extracted message; waits while too many others are waiting.</summary>
    /// <exception cref="JudgingFailedException">The pipeline failed on this very message.</exception>
    public async Task<JudgedMessage> JudgeAsync(Message message, CancellationToken cancellation)
    {
        var job = new Job(message, new TaskCompletionSource<JudgedMessage>(TaskCreationOptions.RunContinuationsAsynchronously), _time.GetTimestamp(), cancellation);
        await _waiting.Writer.WriteAsync(job, cancellation);
        return await job.Result.Task.WaitAsync(cancellation);
    }

    /// <summary>Takes no more messages, judges those that wait, then ends.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _waiting.Writer.TryComplete();
        if (ExecuteTask is { } running) await Task.WhenAny(running, Task.Delay(Timeout.Infinite, cancellationToken));
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The host cancels stoppingToken only when the time to drain is over.
        await Task.Yield();
        while (await NextBatchAsync(stoppingToken) is { Count: > 0 } batch) Judge(batch, stoppingToken);
    }

    private async Task<List<Job>> NextBatchAsync(CancellationToken cancellation)
    {
        var batch = new List<Job>();
        int characters = 0;
        if (_carried is { } carried) Add(carried);
        _carried = null;
        if (batch.Count == 0 && !await _waiting.Reader.WaitToReadAsync(cancellation)) return batch;

        using var patience = new CancellationTokenSource(_maxDelay, _time);
        while (batch.Count < MaxBatch && characters < MaxBatchCharacters)
        {
            if (!_waiting.Reader.TryRead(out var job))
            {
                if (!await MoreAsync(patience.Token)) break;
                continue;
            }
            if (job.Cancellation.IsCancellationRequested) job.Result.TrySetCanceled(job.Cancellation);
            else if (batch.Count > 0 && characters + Size(job) > MaxBatchCharacters) { _carried = job; break; }
            else Add(job);
        }
        return batch.Count > 0 || _waiting.Reader.Completion.IsCompleted ? batch : await NextBatchAsync(cancellation);

        void Add(Job job)
        {
            batch.Add(job);
            characters += Size(job);
        }
    }

    /// <summary>False when nobody comes in time.</summary>
    private async Task<bool> MoreAsync(CancellationToken patience)
    {
        try { return await _waiting.Reader.WaitToReadAsync(patience); }
        catch (OperationCanceledException) { return false; }
    }

    private void Judge(List<Job> batch, CancellationToken cancellation)
    {
        try
        {
            var judged = _judge([.. batch.Select(job => job.Message)], cancellation);
            for (int i = 0; i < batch.Count; i++) batch[i].Result.TrySetResult(judged[i]);
            DetectorMetrics.Judged(judged, batch.Select(job => _time.GetElapsedTime(job.Arrived)));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            foreach (var job in batch) job.Result.TrySetCanceled(cancellation);
        }
        catch (Exception) when (batch.Count > 1)
        {
            foreach (var job in batch) Judge([job], cancellation);
        }
        catch (Exception failure)
        {
            batch[0].Result.TrySetException(new JudgingFailedException(failure));
        }
    }

    private static int Size(Job job) => (job.Message.Text?.Length ?? 0) + (job.Message.Subject?.Length ?? 0);

    private sealed record Job(Message Message, TaskCompletionSource<JudgedMessage> Result, long Arrived, CancellationToken Cancellation);
}

/// <summary>The model or a head failed on one message; the message carries no content of it.</summary>
public sealed class JudgingFailedException(Exception cause) : Exception($"The message could not be judged: {cause.GetType().Name}", cause);
