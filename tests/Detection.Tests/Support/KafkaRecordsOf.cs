using System.Text;
using Confluent.Kafka;

namespace Detection.Tests;

/// <summary>What lies on a topic, as another program sees it.</summary>
internal static class KafkaRecordsOf
{
    /// <summary>All records that <c>read_committed</c> shows, up to the end of every partition.</summary>
    public static IReadOnlyList<ConsumeResult<byte[], byte[]>> Topic(string bootstrapServers, string topic, int partitions, IReadOnlyDictionary<string, string>? settings = null)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig(settings?.ToDictionary() ?? [])
        {
            BootstrapServers = bootstrapServers,
            GroupId = "test-reader",
            IsolationLevel = IsolationLevel.ReadCommitted,
            EnablePartitionEof = true,
            EnableAutoCommit = false,
            AutoOffsetReset = AutoOffsetReset.Earliest,
        }).Build();
        consumer.Assign(Enumerable.Range(0, partitions).Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        List<ConsumeResult<byte[], byte[]>> records = [];
        for (int open = partitions; open > 0;)
        {
            var next = consumer.Consume(TimeSpan.FromSeconds(20));
            Assert.NotNull(next);
            if (next.IsPartitionEOF) open--;
            else records.Add(next);
        }
        return records;
    }

    public static string Text(this ConsumeResult<byte[], byte[]> record) => Encoding.UTF8.GetString(record.Message.Value ?? []);

    public static string? Header(this ConsumeResult<byte[], byte[]> record, string name) =>
        record.Message.Headers.TryGetLastBytes(name, out byte[] value) ? Encoding.UTF8.GetString(value) : null;
}
