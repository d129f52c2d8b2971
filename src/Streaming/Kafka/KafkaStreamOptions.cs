using System.ComponentModel.DataAnnotations;

namespace Detection.Streaming.Kafka;

/// <summary>Which brokers, which topics, and how records are taken and finished.</summary>
public sealed record KafkaStreamOptions
{
    /// <summary>Addresses of some brokers, <c>host:port</c>, separated by commas. No default.</summary>
    [Required]
    public required string BootstrapServers { get; init; }

    /// <summary>First part of the topics: <c>P.messages</c> (in), <c>P.verdicts</c> (results), <c>P.messages.dlt</c> (dead letters). Default <c>detection</c>.</summary>
    [Required, RegularExpression("[a-zA-Z0-9][a-zA-Z0-9._-]{0,199}", ErrorMessage = "Prefix must be letters, digits, '-', '_' or '.', a letter or digit first.")]
    public string Prefix { get; init; } = "detection";

    /// <summary>The consumer group. Default none given: the prefix.</summary>
    public string? Group { get; init; }

    /// <summary>A name that this worker keeps over restarts (static membership), and the stable part of its transactional id. No two workers may share one. Default none.</summary>
    public string? InstanceId { get; init; }

    /// <summary>Results, dead letters and positions in one transaction. Default false.</summary>
    public bool Transactional { get; init; }

    /// <summary>Whether results go to <c>P.verdicts</c>. Default true.</summary>
    public bool PublishResults { get; init; } = true;

    /// <summary>How long the group waits for a silent worker. Default 6 s, 1 s to 5 min; brokers accept 6 s and more unless set otherwise.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>Deliveries handed out and not finished. Default 1,024, 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxInFlight { get; init; } = 1024;

    /// <summary>Bytes of the deliveries handed out and not finished; one larger delivery is handed out alone. Default 64 MiB, at least 1.</summary>
    [Range(1, long.MaxValue)]
    public long MaxInFlightBytes { get; init; } = 64L << 20;

    /// <summary>Offsets taken past the oldest unfinished one of a partition: bounds what a crash hands out again. Default 10,000, 1 to 10,000,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxAhead { get; init; } = 10_000;

    /// <summary>How often positions that moved are committed. Default 100 ms, 10 ms to 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:10", ParseLimitsInInvariantCulture = true)]
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a partition that moves to another worker waits for what is in flight to be finished. Default 2 s, 0 to 1 min; the whole group waits with it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one request to the brokers may take before they count as not answering. Default 10 s, 1 s to 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Takes a topic whose record times are set by senders. Default false: such a topic is refused.</summary>
    public bool AllowProducerTime { get; init; }

    /// <summary>Any setting of librdkafka, for all clients; underscores in a name mean dots. What other options say (group, servers, commits) cannot be set here. Default none.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    internal string GroupName => string.IsNullOrEmpty(Group) ? Prefix : Group;
    internal string Messages => Prefix + ".messages";
    internal string Verdicts => Prefix + ".verdicts";
    internal string DeadLetters => Prefix + ".messages.dlt";

    /// <summary>Without the settings: they may hold secrets.</summary>
    public override string ToString() => $"Kafka {BootstrapServers}, prefix {Prefix}, group {GroupName}";
}
