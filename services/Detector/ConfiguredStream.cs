using Detection.ServiceDefaults;
using Detection.Streaming;
using Detection.Streaming.Embedded;
using Detection.Streaming.Kafka;

namespace Detection.Detector;

/// <summary>The stream that is configured, by its three sides; one object behind them.</summary>
public sealed record ConfiguredStream(IMessageStream Messages, IMessageSink Sink, IDeadLetters DeadLetters) : IAsyncDisposable
{
    /// <summary>Not open yet. Counting, listing, showing and retrying dead letters works on Kafka without opening, which would make topics.</summary>
    /// <param name="warn">Lines for an operator; never message content, never secrets.</param>
    /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">Names the option or the Kafka setting that is wrong.</exception>
    public static ConfiguredStream Of(DetectionOptions options, TimeProvider time, Action<string> warn)
    {
        if (options.Stream == "kafka")
        {
            var kafka = new KafkaStream(Kafka(options), time, warn);
            return new ConfiguredStream(kafka, kafka, kafka);
        }
        var embedded = new EmbeddedStream(new EmbeddedStreamOptions { Folder = options.Data, Topic = options.Prefix + ".messages", Group = options.Prefix }, time);
        return new ConfiguredStream(embedded, embedded, embedded);
    }

    public static KafkaStreamOptions Kafka(DetectionOptions options) => new()
    {
        BootstrapServers = options.Kafka.BootstrapServers,
        Prefix = options.Prefix,
        Group = options.Kafka.Group,
        InstanceId = options.Kafka.InstanceId,
        Transactional = options.Kafka.Transactional,
        PublishResults = options.Kafka.Verdicts,
        SessionTimeout = options.Kafka.SessionTimeout,
        MaxInFlight = options.Kafka.MaxInFlight,
        MaxInFlightBytes = options.Kafka.MaxInFlightBytes,
        AllowProducerTime = options.Kafka.AllowProducerTime,
        Settings = options.Kafka.Settings,
    };

    /// <summary>For dead letters alone.</summary>
    public Task OpenDeadLettersAsync(CancellationToken cancellation) => Messages is EmbeddedStream ? Messages.OpenAsync(cancellation) : Task.CompletedTask;

    public ValueTask DisposeAsync() => Messages.DisposeAsync();
}
