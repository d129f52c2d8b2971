using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Detection.Streaming;

namespace Detection.Standalone.Streaming;

/// <summary>A stream that notes how long each message took from when it was to be sent until it was acknowledged: stored, published, position moved.</summary>
internal sealed class TimedStream(IMessageStream stream) : IMessageStream
{
    private const string Due = "bench-due";
    private static readonly string Run = Guid.NewGuid().ToString("N")[..8];

    private long _acknowledged, _deadLetters;

    /// <summary>Of the stage that runs.</summary>
    public LatencyLog Latency { get; set; } = new();

    /// <summary>From due to handed out, of the stage that runs.</summary>
    public LatencyLog WayIn { get; set; } = new();

    /// <summary>Of completing, in the stage that runs.</summary>
    public ServiceTimes Times { get; set; } = new();

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    public long DeadLetters => Interlocked.Read(ref _deadLetters);

    /// <summary>The header by which a record of this run is known.</summary>
    public static KeyValuePair<string, string> DueAt(long timestamp) => new(Due, string.Create(CultureInfo.InvariantCulture, $"{Run}/{timestamp}"));

    public bool PublishesResults => stream.PublishesResults;

    public Task CheckAsync(CancellationToken cancellation) => stream.CheckAsync(cancellation);

    public Task OpenAsync(CancellationToken cancellation) => stream.OpenAsync(cancellation);

    public async IAsyncEnumerable<Delivery> ReceiveAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var delivery in stream.ReceiveAsync(cancellation))
        {
            if (DueOf(delivery) is { } due) WayIn.EndedNow(due);
            yield return delivery;
        }
    }

    public async Task CompleteAsync(IReadOnlyList<Completion> completions, CancellationToken cancellation)
    {
        long begun = Stopwatch.GetTimestamp();
        await stream.CompleteAsync(completions, cancellation);
        if (completions.Count > 0) Times.Add(completions.Count, Stopwatch.GetElapsedTime(begun));
        foreach (var completion in completions) Note(completion.Delivery, ref _acknowledged);
    }

    public async Task DeadLetterAsync(Delivery delivery, DeadLetterReason reason, CancellationToken cancellation)
    {
        await stream.DeadLetterAsync(delivery, reason, cancellation);
        Note(delivery, ref _deadLetters);
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private void Note(Delivery delivery, ref long counter)
    {
        if (DueOf(delivery) is not { } due) return;
        Latency.EndedNow(due);
        Interlocked.Increment(ref counter);
    }

    private static long? DueOf(Delivery delivery) => delivery.Headers.LastOrDefault(header => header.Key == Due).Value is { } due && due.StartsWith(Run, StringComparison.Ordinal)
        ? long.Parse(due.AsSpan(Run.Length + 1), CultureInfo.InvariantCulture)
        : null;
}
