using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Confluent.Kafka;
using Record = Confluent.Kafka.Message<byte[], byte[]>;

namespace Detection.Streaming.Kafka;

/// <summary>Between Kafka's records and ours. Keys and header values are UTF-8; bytes that are not show as U+FFFD and are kept as they came where a record is put aside.</summary>
internal static class KafkaRecords
{
    /// <summary>The time a retried record was first taken, RFC 3339; believed where it lies before the record's own time.</summary>
    public const string OriginalTimestamp = "detection-original-timestamp";

    public static Record Outgoing(OutgoingRecord record) => new()
    {
        Key = record.Key is { } key ? Encoding.UTF8.GetBytes(key) : null!,
        Value = Bytes(record.Value),
        Headers = ToKafka(record.Headers),
    };

    /// <summary>A record without a value (a tombstone) is a delivery with an empty one.</summary>
    public static Delivery Delivery(ConsumeResult<byte[], byte[]> received, long assignment) => new(
        received.Topic, received.Partition.Value, received.Offset.Value, Time(received.Message), Text(received.Message.Key), received.Message.Value ?? [], Headers(received.Message.Headers))
    { Assignment = assignment };

    public static Headers ToKafka(IEnumerable<KeyValuePair<string, string>> headers)
    {
        var kafka = new Headers();
        foreach (var (name, value) in headers) kafka.Add(name, Encoding.UTF8.GetBytes(value));
        return kafka;
    }

    public static IReadOnlyList<KeyValuePair<string, string>> Headers(Headers? headers) =>
        headers is null ? [] : [.. headers.Select(header => KeyValuePair.Create(header.Key, Text(header.GetValueBytes()) ?? ""))];

    public static int Size(Record record) =>
        (record.Key?.Length ?? 0) + (record.Value?.Length ?? 0) + (record.Headers?.Sum(header => header.Key.Length + (header.GetValueBytes()?.Length ?? 0)) ?? 0);

    public static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);

    public static DateTimeOffset Time(Record record)
    {
        var taken = new DateTimeOffset(record.Timestamp.UtcDateTime, TimeSpan.Zero);
        return record.Headers?.LastOrDefault(header => header.Key == OriginalTimestamp) is { } original && ParseTime(Text(original.GetValueBytes())) is { } first && first <= taken ? first : taken;
    }

    public static DateTimeOffset? ParseTime(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    private static byte[] Bytes(ReadOnlyMemory<byte> value) =>
        MemoryMarshal.TryGetArray(value, out var array) && array.Offset == 0 && array.Count == array.Array!.Length ? array.Array : value.ToArray();
}
