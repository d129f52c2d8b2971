using System.Diagnostics;
using System.Globalization;
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

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    public long DeadLetters => Interlocked.Read(ref _deadLetters);

    /// <summary>The header by which a record of this run is known.</summary>
    public static KeyValuePair<string, string> DueAt(long timestamp) => new(Due, string.Create(CultureInfo.InvariantCulture, $"{Run}/{timestamp}"));

    public bool PublishesResults => stream.PublishesResults;

    public Task CheckAsync(CancellationToken cancellation) => stream.CheckAsync(cancellation);

    public Task OpenAsync(CancellationToken cancellation) => stream.OpenAsync(cancellation);

    public IAsyncEnumerable<Delivery> ReceiveAsync(CancellationToken cancellation) => stream.ReceiveAsync(cancellation);

    public async Task CompleteAsync(IReadOnlyList<Completion> completions, CancellationToken cancellation)
    {
        await stream.CompleteAsync(completions, cancellation);
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
        if (delivery.Headers.FirstOrDefault(header => header.Key == Due).Value is not { } due || !due.StartsWith(Run, StringComparison.Ordinal)) return;
        Latency.EndedNow(long.Parse(due.AsSpan(Run.Length + 1), CultureInfo.InvariantCulture));
        Interlocked.Increment(ref counter);
    }
}
