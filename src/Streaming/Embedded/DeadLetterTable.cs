using Microsoft.Data.Sqlite;

namespace Detection.Streaming.Embedded;

/// <summary>The statements on dead letters.</summary>
internal static class DeadLetterTable
{
    private const string Columns = "id, topic, partition, offset, timestamp, key, headers, consumer, exception, message, attempts, at";

    /// <summary>A delivery that comes again after a crash leaves no second letter.</summary>
    public static void Add(SqliteSession session, Delivery delivery, DeadLetterReason reason, string group, DateTimeOffset at) => session.Execute($"""
        INSERT INTO dead_letters (topic, partition, offset, timestamp, key, headers, consumer, exception, message, attempts, at, value)
        VALUES ($topic, $partition, $offset, $timestamp, $key, $headers, $consumer, $exception, $message, $attempts, $at, $value) ON CONFLICT DO NOTHING
        """,
        ("$topic", delivery.Topic), ("$partition", delivery.Partition), ("$offset", delivery.Offset), ("$timestamp", delivery.Timestamp.UtcTicks), ("$key", delivery.Key),
        ("$headers", RecordTable.Headers(delivery.Headers)), ("$consumer", group), ("$exception", reason.Exception), ("$message", reason.Message), ("$attempts", reason.Attempts),
        ("$at", at.UtcTicks), ("$value", RecordTable.Bytes(delivery.Value)));

    public static long Count(SqliteSession session) => session.Scalar<long>("SELECT count(*) FROM dead_letters");

    public static IReadOnlyList<DeadLetter> List(SqliteSession session, long after, int take)
    {
        List<DeadLetter> letters = [];
        session.Query(row => { letters.Add(Letter(row, [])); return true; }, $"SELECT {Columns} FROM dead_letters WHERE id > $after ORDER BY id LIMIT $take", ("$after", after), ("$take", take));
        return letters;
    }

    public static DeadLetter? Find(SqliteSession session, long id)
    {
        DeadLetter? found = null;
        session.Query(row => { found = Letter(row, (byte[])row.GetValue(12)); return false; }, $"SELECT {Columns}, value FROM dead_letters WHERE id = $id", ("$id", id));
        return found;
    }

    /// <summary>Within a transaction.</summary>
    public static void Remove(SqliteSession session, long id) => session.Execute("DELETE FROM dead_letters WHERE id = $id", ("$id", id));

    private static DeadLetter Letter(SqliteDataReader row, byte[] value) => new(
        row.GetInt64(0),
        new Delivery(row.GetString(1), row.GetInt32(2), row.GetInt64(3), RecordTable.Time(row.GetInt64(4)), RecordTable.Text(row, 5), value, RecordTable.Headers(row.GetString(6))),
        new DeadLetterReason(row.GetString(8), row.GetString(9), row.GetInt32(10)),
        RecordTable.Time(row.GetInt64(11)),
        row.GetString(7));
}
