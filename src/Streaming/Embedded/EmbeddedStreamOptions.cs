using System.ComponentModel.DataAnnotations;

namespace Detection.Streaming.Embedded;

/// <summary>How the embedded queue stores and hands out records.</summary>
public sealed record EmbeddedStreamOptions
{
    /// <summary>The data folder; made where it is missing. Must be on a local disk: SQLite's log does not work over network file systems. No default.</summary>
    [Required]
    public required string Folder { get; init; }

    /// <summary>The queue's file in <see cref="Folder"/>. Default <c>stream.db</c>.</summary>
    [Required, RegularExpression("""[^/\\]+""")]
    public string File { get; init; } = "stream.db";

    /// <summary>Name that deliveries and dead letters carry. Default <c>detection.messages</c>.</summary>
    [Required]
    public string Topic { get; init; } = "detection.messages";

    /// <summary>Name of the consumer that dead letters carry. Default <c>detection</c>.</summary>
    [Required]
    public string Group { get; init; } = "detection";

    /// <summary>Records with one key keep their order within a partition. Fixed when the file is made; later values are ignored. Default 4, 1 to 64.</summary>
    [Range(1, 64)]
    public int Partitions { get; init; } = 4;

    /// <summary>Deliveries handed out and not finished. Default 1,024, 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxInFlight { get; init; } = 1024;

    /// <summary>Bytes of the deliveries handed out and not finished; one larger delivery is handed out alone. Default 64 MiB, at least 1.</summary>
    [Range(1, long.MaxValue)]
    public long MaxInFlightBytes { get; init; } = 64L << 20;

    /// <summary>Offsets handed out past the oldest unfinished one of a partition: bounds what a crash hands out again. Default 10,000, 1 to 10,000,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxAhead { get; init; } = 10_000;

    /// <summary>A record with more bytes (key, headers and value) is refused. Default 64 MiB, 1 to 512 MiB.</summary>
    [Range(1, 512 << 20)]
    public int MaxRecordBytes { get; init; } = 64 << 20;

    /// <summary>The file grows no larger; senders are told that the stream is full. Default 8 GiB, at least 1 MiB.</summary>
    [Range(1L << 20, long.MaxValue)]
    public long MaxFileBytes { get; init; } = 8L << 30;

    /// <summary>How often the reader looks for what other processes sent. Default 25 ms, 1 ms to 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10", ParseLimitsInInvariantCulture = true)]
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>How long a write waits for another process's. Default 30 s, 1 s to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    internal string FilePath => Path.Combine(Folder, File);
}
