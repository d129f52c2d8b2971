using System.Text;
using Detection.Streaming;
using Detection.Streaming.Kafka;

namespace Detection.Tests.Streaming;

/// <summary>The contract on a real broker, every case with topics of its own.</summary>
public sealed class KafkaStreamTests(SharedKafka kafka) : MessageStreamContract
{
    protected override async Task<(IMessageStream Stream, IMessageSink Sink)> OpenAsync(string data, int maxInFlight, long maxInFlightBytes, int maxAhead)
    {
        var stream = new KafkaStream(await OptionsAsync(data) with { MaxInFlight = maxInFlight, MaxInFlightBytes = maxInFlightBytes, MaxAhead = maxAhead });
        await stream.OpenAsync(Cancellation);
        return (stream, stream);
    }

    private async Task<KafkaStreamOptions> OptionsAsync(string data) => new() { BootstrapServers = await kafka.BootstrapServersAsync(), Prefix = Path.GetFileName(data) };
}

/// <summary>The same with results, letters and positions in transactions.</summary>
public sealed class TransactionalKafkaStreamTests(SharedKafka kafka) : MessageStreamContract
{
    protected override async Task<(IMessageStream Stream, IMessageSink Sink)> OpenAsync(string data, int maxInFlight, long maxInFlightBytes, int maxAhead)
    {
        var stream = new KafkaStream(new()
        {
            BootstrapServers = await kafka.BootstrapServersAsync(),
            Prefix = Path.GetFileName(data),
            Transactional = true,
            MaxInFlight = maxInFlight,
            MaxInFlightBytes = maxInFlightBytes,
            MaxAhead = maxAhead,
        });
        await stream.OpenAsync(Cancellation);
        return (stream, stream);
    }
}
