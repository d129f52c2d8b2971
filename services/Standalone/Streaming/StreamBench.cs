using System.Diagnostics;
using Detection.Ingest;
using Detection.Storage;

namespace Detection.Standalone.Streaming;

/// <param name="Name">For people: <c>50 %</c>.</param>
/// <param name="Offered">Messages a second, by the clock.</param>
/// <param name="Sustained">Messages a second that were acknowledged while they were offered.</param>
/// <param name="Dropped">Accepted by the stream, and neither acknowledged nor a dead letter when the stage was over and the stream had been given time.</param>
/// <param name="LongestQueue">Most messages accepted and not acknowledged, as seen each second.</param>
/// <param name="Memory">Bytes of the process, each second.</param>
internal sealed record StageFigures(string Name, double Offered, double Sustained, long Sent, long Acknowledged, long Refused, long DeadLetters, long Dropped, Percentiles AcknowledgedAfter, Percentiles SearchableAfter,
    long LongestQueue, IReadOnlyList<long> Memory, IReadOnlyList<(double At, double Seconds)> OverTime, PartTimes Times)
{
    public StagePrediction? Predicted { get; init; }
}

/// <summary>Drives the stream and watches what comes out, stage by stage.</summary>
internal sealed class StreamBench(TimedStream stream, OpenLoop sender, TimedJudge judge, TimedStore store, IProgress<string> progress, TimeProvider time)
{
    private const int OnTheWay = 4_096;

    /// <summary>How long a stream may take to work off what a stage left: this many times the stage.</summary>
    private const int DrainFactor = 4;

    /// <summary>Messages a second that the path does when it always has some to do: the second half of <paramref name="length"/> counts.</summary>
    public async Task<double> CapacityAsync(TimeSpan length, CancellationToken cancellation)
    {
        progress.Report("capacity");
        await sender.SaturateAsync(OnTheWay, length / 2, () => stream.Acknowledged, cancellation);
        long before = stream.Acknowledged, begun = Stopwatch.GetTimestamp();
        await sender.SaturateAsync(OnTheWay, length / 2, () => stream.Acknowledged, cancellation);
        // With what is still on the way: a model's batches are few, and part of one would count as nothing.
        await DrainAsync(length, cancellation);
        return (stream.Acknowledged - before) / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    public async Task<StageFigures> StageAsync(string name, double rate, TimeSpan length, CancellationToken cancellation)
    {
        progress.Report(FormattableString.Invariant($"{name}: {rate:N0} messages/s"));
        var (sent, acknowledged, refused, letters) = (sender.Sent, stream.Acknowledged, sender.Refused, stream.DeadLetters);
        var latency = stream.Latency = new LatencyLog();
        var wayIn = stream.WayIn = new LatencyLog();
        var (judging, storing, completing) = (judge.Times = new ServiceTimes(), store.Times = new ServiceTimes(), stream.Times = new ServiceTimes());
        var search = new SearchProbe(store, sender);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var searching = search.RunAsync(over.Token);
        var watching = WatchAsync(over.Token);
        long begun = Stopwatch.GetTimestamp();
        await sender.RunAsync(rate, length, cancellation);
        double sustained = (stream.Acknowledged - acknowledged) / Stopwatch.GetElapsedTime(begun).TotalSeconds;
        await DrainAsync(length, cancellation);
        await over.CancelAsync();
        await searching;
        var (memory, longest) = await watching;
        (sent, acknowledged, refused, letters) = (sender.Sent - sent, stream.Acknowledged - acknowledged, sender.Refused - refused, stream.DeadLetters - letters);
        return new StageFigures(name, rate, sustained, sent, acknowledged, refused, letters, sent - acknowledged - letters, latency.Percentiles(), search.Latency.Percentiles(), longest, memory, latency.OverTime(0.5),
            new PartTimes(judging.Fit(), storing.Fit(), completing.Fit(), wayIn.Quantile(0.1) ?? 0));
    }

    /// <summary>Documents a second that the store takes by itself: messages of the same kind, judged ahead, two calls at a time.</summary>
    public async Task<double> StoreAloneAsync(BenchMessages messages, int batch, TimeSpan length, CancellationToken cancellation)
    {
        progress.Report("the store alone");
        var judged = ConstantJudge.Judge([.. Enumerable.Range(0, batch).Select(_ => MessageExtraction.Extract(MessageJson.Parse(messages.Next(0).Record.Value.Span), new IngestOptions()))], cancellation);
        long begun = Stopwatch.GetTimestamp(), stored = 0;
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(begun) < length)
            {
                var outcomes = await store.StoreAsync([.. judged.Select(one => one with { VerdictId = Guid.NewGuid().ToString("N") })], cancellation);
                Interlocked.Add(ref stored, outcomes.Count(outcome => outcome.Result == StoreResult.Stored));
            }
        }, cancellation)));
        return stored / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private async Task DrainAsync(TimeSpan length, CancellationToken cancellation)
    {
        long begun = Stopwatch.GetTimestamp();
        while (Unfinished() > 0 && Stopwatch.GetElapsedTime(begun) < length * DrainFactor) await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancellation);
    }

    private long Unfinished() => sender.Sent - stream.Acknowledged - stream.DeadLetters;

    private async Task<(IReadOnlyList<long> Memory, long LongestQueue)> WatchAsync(CancellationToken cancellation)
    {
        List<long> memory = [];
        long longest = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                using var self = Process.GetCurrentProcess();
                memory.Add(self.WorkingSet64);
                longest = Math.Max(longest, Unfinished());
            }
        }
        catch (OperationCanceledException) { }
        return (memory, longest);
    }
}
