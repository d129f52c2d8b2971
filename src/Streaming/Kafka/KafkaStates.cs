using System.ComponentModel.DataAnnotations;
using Confluent.Kafka;

namespace Detection.Streaming.Kafka;

/// <summary>Puts what is in force now on the compacted topic <c>P.decisions</c>, a record a key; an empty value takes the key away.</summary>
public sealed class KafkaStates : IMessageSink, IAsyncDisposable
{
    private readonly KafkaClients _clients;
    private readonly KafkaTopics _topics;
    private readonly RecordProducer _producer;
    private readonly TopicPlan _plan;
    private bool _isOpen;

    /// <param name="warn">Lines for an operator; never secrets.</param>
    /// <exception cref="ValidationException">Names the option or the setting that is wrong.</exception>
    public KafkaStates(KafkaStreamOptions options, Action<string>? warn = null)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _clients = new KafkaClients(options, warn ?? (_ => { }));
        _topics = new KafkaTopics(options, _clients);
        _producer = new RecordProducer(_clients, options.RequestTimeout, _ => { });
        _plan = KafkaTopics.Plan(options.Prefix, -1, -1, TimeSpan.FromDays(7)).Single(topic => topic.Name == options.Prefix + ".decisions");
    }

    /// <summary>Durable on all replicas in sync when the task completes. The topic is made where it is missing.</summary>
    /// <exception cref="StreamException">Some may not be durable; to send again is safe.</exception>
    public async Task SendAsync(IReadOnlyList<OutgoingRecord> records, CancellationToken cancellation)
    {
        if (!_isOpen) await _topics.CreateAsync([_plan]).WaitAsync(cancellation).ConfigureAwait(false);
        _isOpen = true;
        var topic = new TopicPartition(_plan.Name, Partition.Any);
        try { await _producer.SendAsync([.. records.Select(record => new Outgoing(topic, State(record)))], cancellation).ConfigureAwait(false); }
        catch (KafkaException failure) { throw _clients.Unavailable($"sending to {_plan.Name}", failure); }
    }

    public ValueTask DisposeAsync()
    {
        _producer.Dispose();
        _topics.Dispose();
        return ValueTask.CompletedTask;
    }

    private static Message<byte[], byte[]> State(OutgoingRecord record)
    {
        var state = KafkaRecords.Outgoing(record);
        if (record.Value.IsEmpty) state.Value = null!;
        return state;
    }
}
