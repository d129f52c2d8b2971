using System.Diagnostics;
using Detection.Contracts;

namespace Detection.Standalone.Streaming;

/// <summary>What each part of the path took during one stage: the model's batches, the store's, and completing (verdict topic and position), which the worker does after each store's batch.</summary>
/// <param name="WayIn">Seconds from when a message was due until the worker had it, where nothing was in its way (the fastest tenth).</param>
internal sealed record PartTimes(FittedTimes? Judge, FittedTimes? Store, FittedTimes? Complete, double WayIn);

/// <summary>The simulator's word on a stage, fed with the service times of that stage: messages a second, and seconds from due to acknowledged.</summary>
internal sealed record StagePrediction(double Throughput, double P50, double P95)
{
    /// <summary>As in the worker.</summary>
    private const int JudgeBatch = 64, StoreBatch = 1_000;

    private const int MostMessages = 500_000;

    /// <summary>Null where a part did nothing in this stage.</summary>
    /// <param name="linger">Seconds that the first message of a model's batch waits for others.</param>
    /// <param name="lanes">Batches stored at one time.</param>
    public static StagePrediction? Of(PartTimes times, double rate, TimeSpan length, double linger, int lanes, int maxInFlight)
    {
        if (times is not { Judge: { } judge, Store: { } store, Complete: { } complete }) return null;
        int messages = (int)Math.Clamp(rate * length.TotalSeconds, 1, MostMessages);
        var run = StreamSimulator.Run(new SimulatedLoad(rate, messages, new ServiceCurve(judge.PerBatch, judge.PerItem, JudgeBatch, linger),
            new ServiceCurve(store.PerBatch + complete.PerBatch, store.PerItem + complete.PerItem, StoreBatch, Servers: lanes), maxInFlight, Random: false));
        return new StagePrediction(run.Throughput, run.P50 + times.WayIn, run.P95 + times.WayIn);
    }
}

/// <summary>A judge that notes how long it took for each batch.</summary>
internal sealed class TimedJudge(Func<IReadOnlyList<Message>, CancellationToken, IReadOnlyList<JudgedMessage>> judge)
{
    /// <summary>Of the stage that runs.</summary>
    public ServiceTimes Times { get; set; } = new();

    public IReadOnlyList<JudgedMessage> Judge(IReadOnlyList<Message> messages, CancellationToken cancellation)
    {
        long begun = Stopwatch.GetTimestamp();
        var judged = judge(messages, cancellation);
        Times.Add(messages.Count, Stopwatch.GetElapsedTime(begun));
        return judged;
    }
}
