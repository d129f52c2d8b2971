using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Detection.Streaming;

namespace Detection.EndToEnd.Chaos;

/// <summary>The topics of a prefix on real brokers, through Kafka's own client: an idempotent sender, and readers of everything that is committed.</summary>
internal sealed class KafkaProbe : IStreamProbe
{
    private const string Prefix = "detection", Group = "chaos";
    private const int Partitions = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly string _brokers;
    private readonly bool _transactional;
    private readonly IProducer<byte[]?, byte[]> _producer;

    private KafkaProbe(string brokers, bool transactional)
    {
        (_brokers, _transactional) = (brokers, transactional);
        _producer = new ProducerBuilder<byte[]?, byte[]>(Configured(new ProducerConfig { EnableIdempotence = true, Acks = Acks.All, LingerMs = 5, MessageTimeoutMs = 120_000 })).SetLogHandler(static (_, _) => { }).Build();
        Settings = new Dictionary<string, string>
        {
            ["Detection__Stream"] = "kafka",
            ["Detection__Prefix"] = Prefix,
            ["Detection__Kafka__BootstrapServers"] = brokers,
            ["Detection__Kafka__Group"] = Group,
            ["Detection__Kafka__Transactional"] = transactional ? "true" : "false",
        };
    }

    public IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Makes the topics.</summary>
    public static async Task<KafkaProbe> OpenAsync(string brokers, bool transactional = false)
    {
        var probe = new KafkaProbe(brokers, transactional);
        using var admin = new DependentAdminClientBuilder(probe._producer.Handle).Build();
        await admin.CreateTopicsAsync([Topic(".messages", ("message.timestamp.type", "LogAppendTime")), Topic(".verdicts"), Topic(".messages.dlt"), Topic(".canary")]);
        await probe.WarmAsync();
        return probe;

        static TopicSpecification Topic(string name, params (string Name, string Value)[] settings) =>
            new() { Name = Prefix + name, NumPartitions = Partitions, ReplicationFactor = -1, Configs = settings.ToDictionary(setting => setting.Name, setting => setting.Value) };
    }

    /// <summary>A history begins when every partition is served and the producer has its id: what a broker does to a topic that is being made is no part of the proof.</summary>
    private async Task WarmAsync()
    {
        for (int i = 0; i < 4 * Partitions; i++) await _producer.ProduceAsync(new TopicPartition(Prefix + ".canary", i % Partitions), new Message<byte[]?, byte[]> { Value = [1] });
        using var consumer = Consumer(IsolationLevel.ReadUncommitted);
        foreach (var partition in All(".messages").Concat(All(".verdicts")).Concat(All(".messages.dlt"))) End(consumer, partition);
    }

    public Task SendAsync(OutgoingRecord record, CancellationToken cancellation)
    {
        var headers = new Headers();
        foreach (var (name, value) in record.Headers) headers.Add(name, Encoding.UTF8.GetBytes(value));
        return _producer.ProduceAsync(Prefix + ".messages", new Message<byte[]?, byte[]> { Key = record.Key is null ? null : Encoding.UTF8.GetBytes(record.Key), Value = record.Value.ToArray(), Headers = headers }, cancellation);
    }

    /// <summary>How many partitions each member of the workers' group has; null while the group is rebalancing.</summary>
    public async Task<IReadOnlyList<int>?> SharesAsync()
    {
        using var admin = new DependentAdminClientBuilder(_producer.Handle).Build();
        var group = (await admin.DescribeConsumerGroupsAsync([Group])).ConsumerGroupDescriptions.Single();
        return group.State == ConsumerGroupState.Stable ? [.. group.Members.Select(member => member.Assignment.TopicPartitions.Count).Order()] : null;
    }

    /// <summary>What the group's positions have not passed, and what stands in open transactions of the workers.</summary>
    public Task<long?> UnfinishedAsync(CancellationToken cancellation) => Task.Run<long?>(() =>
    {
        try
        {
            using var committed = Consumer(IsolationLevel.ReadCommitted);
            using var all = Consumer(IsolationLevel.ReadUncommitted);
            return committed.Committed(All(".messages"), Patience).Sum(at => End(all, at.TopicPartition) - Math.Max(0, at.Offset.Value))
                + All(".verdicts").Concat(All(".messages.dlt")).Sum(partition => End(all, partition) - End(committed, partition));
        }
        catch (KafkaException) { return null; }
    }, cancellation);

    /// <summary>
    /// Without transactions a letter that was written before a kill is written again after it, about the same record of the same topic; <c>detection dead-letters</c> shows the two as one, and so does this.
    /// With transactions every copy counts.
    /// </summary>
    public async Task<IReadOnlyList<string>> DeadLettersAsync(CancellationToken cancellation)
    {
        var letters = (await ReadAsync(".messages.dlt", cancellation)).Select(record => record.Headers);
        if (!_transactional) letters = letters.DistinctBy(headers => (Text(headers, "detection-dlt-original-topic"), Text(headers, "detection-dlt-original-partition"), Text(headers, "detection-dlt-original-offset")));
        return [.. letters.Select(headers => Text(headers, ChaosMessages.IdHeader))];
    }

    public async Task<IReadOnlyDictionary<string, string>> PlacesAsync(CancellationToken cancellation) =>
        (await RecordsAsync(".messages", cancellation)).DistinctBy(record => Text(record.Message.Headers, ChaosMessages.IdHeader)).ToDictionary(record => Text(record.Message.Headers, ChaosMessages.IdHeader), record => $"{record.Partition.Value}@{record.Offset.Value}");

    public async Task<IReadOnlyList<SeenVerdict>?> VerdictTopicAsync(CancellationToken cancellation) => [.. (await ReadAsync(".verdicts", cancellation)).Select(record => Verdict(record.Value))];

    public ValueTask DisposeAsync()
    {
        _producer.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string Text(Headers headers, string name) => Encoding.UTF8.GetString(headers.GetLastBytes(name));

    private static SeenVerdict Verdict(byte[] value)
    {
        using var json = JsonDocument.Parse(value);
        return Documents.Verdict(json.RootElement);
    }

    /// <summary>From the beginning to the end of every partition, what is committed.</summary>
    private async Task<List<Message<byte[]?, byte[]>>> ReadAsync(string topic, CancellationToken cancellation) => [.. (await RecordsAsync(topic, cancellation)).Select(record => record.Message)];

    private Task<List<ConsumeResult<byte[]?, byte[]>>> RecordsAsync(string topic, CancellationToken cancellation) => Task.Run(() =>
    {
        using var consumer = Consumer(IsolationLevel.ReadCommitted);
        consumer.Assign(All(topic).Select(partition => new TopicPartitionOffset(partition, Offset.Beginning)));
        List<ConsumeResult<byte[]?, byte[]>> records = [];
        // A partition may say more than once that it has ended.
        for (HashSet<int> ended = []; ended.Count < Partitions;)
        {
            var record = consumer.Consume(cancellation);
            if (record.IsPartitionEOF) ended.Add(record.Partition.Value);
            else records.Add(record);
        }
        return records;
    }, cancellation);

    private IConsumer<byte[]?, byte[]> Consumer(IsolationLevel isolation) =>
        new ConsumerBuilder<byte[]?, byte[]>(Configured(new ConsumerConfig { GroupId = Group, EnableAutoCommit = false, EnablePartitionEof = true, IsolationLevel = isolation })).SetLogHandler(static (_, _) => { }).Build();

    private T Configured<T>(T config) where T : ClientConfig
    {
        (config.BootstrapServers, config.ClientId, config.AllowAutoCreateTopics) = (_brokers, KafkaExchange.OwnClients + "probe", false);
        return config;
    }

    private static IEnumerable<TopicPartition> All(string topic) => Enumerable.Range(0, Partitions).Select(partition => new TopicPartition(Prefix + topic, partition));

    private static long End(IConsumer<byte[]?, byte[]> consumer, TopicPartition partition) => consumer.QueryWatermarkOffsets(partition, Patience).High.Value;
}
