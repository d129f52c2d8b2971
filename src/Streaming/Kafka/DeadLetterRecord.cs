using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Detection.Contracts;
using Record = Confluent.Kafka.Message<byte[], byte[]>;

namespace Detection.Streaming.Kafka;

/// <summary>A letter on the dead-letter topic: key, value and headers of the record as it came, then our headers, in one block at the end.</summary>
internal static class DeadLetterRecord
{
    /// <summary>On a mark that is no letter: the offset, in the same partition, of the letter that was put back on its topic.</summary>
    public const string Retried = "detection-dlt-retried";

    /// <summary>On a letter whose value was too large for the topic: how many bytes the value has where it came from.</summary>
    public const string ValueBytes = "detection-dlt-value-bytes";

    private const string Topic = "detection-dlt-original-topic", Partition = "detection-dlt-original-partition", Offset = "detection-dlt-original-offset", Time = "detection-dlt-original-timestamp",
        Group = "detection-dlt-group", Exception = "detection-dlt-exception", Message = "detection-dlt-message", Attempts = "detection-dlt-attempts";

    /// <summary>As it came; where that is too large for the topic without its value; then without its own headers too. The original record stays where it is until its retention ends.</summary>
    public static IReadOnlyList<Record?> Forms(Delivery delivery, Record received, DeadLetterReason reason, string group)
    {
        var ours = KafkaRecords.ToKafka(
        [
            new(Topic, delivery.Topic), new(Partition, Text(delivery.Partition)), new(Offset, Text(delivery.Offset)), new(Time, ContractJson.Time(delivery.Timestamp)),
            new(Group, group), new(Exception, reason.Exception), new(Message, reason.Message), new(Attempts, Text(reason.Attempts)),
        ]);
        var cut = KafkaRecords.ToKafka([.. KafkaRecords.Headers(ours), new(ValueBytes, Text(received.Value?.Length ?? 0))]);
        return
        [
            new Record { Key = received.Key, Value = received.Value!, Headers = Joined(received.Headers, ours) },
            new Record { Key = received.Key, Value = [], Headers = Joined(received.Headers, cut) },
            new Record { Key = null!, Value = [], Headers = cut },
        ];
    }

    public static Record Mark(long offset) => new() { Key = null!, Value = [], Headers = KafkaRecords.ToKafka([new(Retried, Text(offset))]) };

    /// <summary>The offset of the letter that a mark is about; null: the record is no mark.</summary>
    public static long? RetriedOffset(Record record) => record.Headers is { Count: 1 } headers && headers[0].Key == Retried && long.TryParse(Value(headers, Retried), NumberStyles.None, CultureInfo.InvariantCulture, out long offset) ? offset : null;

    /// <summary>Where the record came from; null: the record is no letter.</summary>
    public static TopicPartitionOffset? Origin(Record record) =>
        record.Headers is { } headers && Value(headers, Topic) is { Length: > 0 } topic && int.TryParse(Value(headers, Partition), CultureInfo.InvariantCulture, out int partition)
        && long.TryParse(Value(headers, Offset), CultureInfo.InvariantCulture, out long offset) ? new TopicPartitionOffset(topic, partition, offset) : null;

    public static DeadLetter? Letter(long id, Record record)
    {
        if (Origin(record) is not { } origin) return null;
        var headers = record.Headers;
        var at = new DateTimeOffset(record.Timestamp.UtcDateTime, TimeSpan.Zero);
        var delivery = new Delivery(origin.Topic, origin.Partition.Value, origin.Offset.Value, KafkaRecords.ParseTime(Value(headers, Time)) ?? at, KafkaRecords.Text(record.Key), record.Value ?? [], KafkaRecords.Headers(Original(headers)));
        int attempts = int.TryParse(Value(headers, Attempts), NumberStyles.None, CultureInfo.InvariantCulture, out int given) ? given : 1;
        return new DeadLetter(id, delivery, new DeadLetterReason(Value(headers, Exception) ?? "", Value(headers, Message) ?? "", attempts), at, Value(headers, Group) ?? "");
    }

    /// <summary>True: the value stayed on the original topic.</summary>
    public static bool IsCut(Record record) => record.Headers?.LastOrDefault()?.Key == ValueBytes;

    /// <summary>The record as it was, with the time it was first taken.</summary>
    public static Record Restored(DeadLetter letter, Record record, byte[]? value)
    {
        var headers = Original(record.Headers);
        if (headers.LastOrDefault()?.Key != KafkaRecords.OriginalTimestamp) headers.Add(KafkaRecords.OriginalTimestamp, Encoding.UTF8.GetBytes(ContractJson.Time(letter.Delivery.Timestamp)));
        return new Record { Key = record.Key, Value = value!, Headers = headers };
    }

    /// <summary>What stands before our block. Headers of these names that a sender had put on are left as they are: ours come last.</summary>
    private static Headers Original(Headers headers)
    {
        int ours = headers.ToList().FindLastIndex(header => header.Key == Topic);
        return Joined(headers.Take(ours), []);
    }

    private static Headers Joined(IEnumerable<IHeader>? first, IEnumerable<IHeader> second)
    {
        var all = new Headers();
        foreach (var header in (first ?? []).Concat(second)) all.Add(header.Key, header.GetValueBytes());
        return all;
    }

    private static string? Value(Headers headers, string name) => headers.TryGetLastBytes(name, out byte[] value) ? KafkaRecords.Text(value) : null;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
