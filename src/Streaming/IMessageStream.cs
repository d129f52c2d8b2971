namespace Detection.Streaming;

/// <summary>
/// Deliveries in, completion out. At least once: only when everything below a delivery is completed or dead-lettered does the position move (the lowest unfinished
/// one is the watermark), so a process killed at any instant is given again what it had not finished. Implementations: an embedded durable queue (SQLite), Kafka.
/// </summary>
public interface IMessageStream : IAsyncDisposable
{
    /// <summary>Whether results go out at all; where not, nobody needs to write them.</summary>
    bool PublishesResults { get; }

    /// <summary>Says whether the stream answers; makes what it needs.</summary>
    Task OpenAsync(CancellationToken cancellation);

    /// <summary>Whether the stream answers now, in a few seconds; for readiness.</summary>
    /// <exception cref="StreamException">It does not; the message names the file or server.</exception>
    Task CheckAsync(CancellationToken cancellation);

    /// <summary>
    /// Deliveries in order of each partition, bounded in flight by bytes and count: waits when too much is unfinished. One reading at a time; reading again, after the one before
    /// has ended, hands out again what is unfinished.
    /// </summary>
    IAsyncEnumerable<Delivery> ReceiveAsync(CancellationToken cancellation);

    /// <summary>
    /// The effect of these deliveries is durable elsewhere; they are not given again. Their results are published before the position moves (order of effects: store, verdict topic,
    /// position), or with it in one transaction where that is asked for; a stream without a topic for results ignores them.
    /// </summary>
    Task CompleteAsync(IReadOnlyList<Completion> completions, CancellationToken cancellation);

    /// <summary>Keeps the delivery with its provenance and the reason, durably, then completes it.</summary>
    Task DeadLetterAsync(Delivery delivery, DeadLetterReason reason, CancellationToken cancellation);
}

/// <summary>A delivery that is done with, and what goes out for it; null: nothing does.</summary>
public sealed record Completion(Delivery Delivery, OutgoingRecord? Result = null);

public static class MessageStreamExtensions
{
    /// <summary>Completes deliveries for which nothing goes out.</summary>
    public static Task CompleteAsync(this IMessageStream stream, IReadOnlyList<Delivery> deliveries, CancellationToken cancellation) =>
        stream.CompleteAsync([.. deliveries.Select(delivery => new Completion(delivery))], cancellation);
}

/// <summary>Puts records on a stream; durable when the task completes.</summary>
public interface IMessageSink
{
    Task SendAsync(IReadOnlyList<OutgoingRecord> records, CancellationToken cancellation);
}

/// <summary>What was received. <see cref="Value"/> is JSON (<c>application/json</c>) or the bytes of a mail (<c>message/rfc822</c>).</summary>
public sealed record Delivery(string Topic, int Partition, long Offset, DateTimeOffset Timestamp, string? Key, ReadOnlyMemory<byte> Value, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    /// <summary>Which assignment of its partition it was handed out under, from 1; 0 where partitions do not move between workers. A completion of an earlier one is ignored.</summary>
    internal long Assignment { get; init; }

    public string ContentType => Headers.LastOrDefault(header => header.Key.Equals("content-type", StringComparison.OrdinalIgnoreCase)).Value ?? "application/json";
}

public sealed record OutgoingRecord(string? Key, ReadOnlyMemory<byte> Value, IReadOnlyList<KeyValuePair<string, string>> Headers);

/// <summary><paramref name="Exception"/> is a type name, <paramref name="Message"/> a sentence that names the field; neither holds message content.</summary>
public sealed record DeadLetterReason(string Exception, string Message, int Attempts = 1);

/// <summary>A dead letter as <c>detection dead-letters</c> shows it: the delivery as it came, <paramref name="Group"/> the consumer that gave up, <paramref name="At"/> when.</summary>
public sealed record DeadLetter(long Id, Delivery Delivery, DeadLetterReason Reason, DateTimeOffset At, string Group = "detection");
