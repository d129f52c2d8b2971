using Detection.Streaming;
using Detection.Streaming.Embedded;
using Detection.Streaming.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Detection.ServiceDefaults;

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

public static partial class StreamHosting
{
    /// <summary>The configured stream, opened before the host takes requests and disposed with it. A broker that does not answer yet is waited for; readiness says so.</summary>
    public static IServiceCollection AddStream(this IServiceCollection services, DetectionOptions options)
    {
        services.TryAddSingleton(provider => ConfiguredStream.Of(options, provider.GetRequiredService<TimeProvider>(), line => Warn(provider.GetRequiredService<ILogger<ConfiguredStream>>(), line)));
        services.TryAddSingleton(static provider => provider.GetRequiredService<ConfiguredStream>().Messages);
        services.TryAddSingleton(static provider => provider.GetRequiredService<ConfiguredStream>().Sink);
        services.TryAddSingleton(static provider => provider.GetRequiredService<ConfiguredStream>().DeadLetters);
        services.AddOpening(static (provider, cancellation) => provider.GetRequiredService<IMessageStream>().OpenAsync(cancellation),
            later: failure => options.Stream != "embedded" && failure is StreamException { Fault: StreamFault.Unavailable });
        return services.AddReadiness("stream", static async (provider, cancellation) =>
        {
            try { await provider.GetRequiredService<IMessageStream>().CheckAsync(cancellation); return null; }
            catch (StreamException failure) { return failure.Message; }
            catch (Exception failure) when (failure is not OperationCanceledException) { return $"The stream does not answer: {failure.GetType().Name}."; }
        });
    }

    [LoggerMessage(1, LogLevel.Warning, "{Line}")]
    private static partial void Warn(ILogger log, string line);
}
