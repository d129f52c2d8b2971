using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Detection.Streaming.Embedded;

/// <summary>The statements on records and positions.</summary>
internal static class RecordTable
{
    private const int OffsetBits = 48;

    public static int PartitionCount(SqliteSession session) => (int)session.Scalar<long>("SELECT count(*) FROM partitions");

    public static IReadOnlyList<long> Positions(SqliteSession session)
    {
        List<long> positions = [];
        session.Query(row => { positions.Add(row.GetInt64(0)); return true; }, "SELECT position FROM partitions ORDER BY partition");
        return positions;
    }

    /// <summary>Within a transaction: gives the record the next offset of its partition.</summary>
    public static void Append(SqliteSession session, int partition, DateTimeOffset timestamp, OutgoingRecord record)
    {
        long offset = session.Scalar<long>("UPDATE partitions SET next_offset = next_offset + 1 WHERE partition = $partition RETURNING next_offset - 1", ("$partition", partition));
        session.Execute("INSERT INTO records VALUES ($id, $timestamp, $key, $headers, $value)",
            ("$id", Id(partition, offset)), ("$timestamp", timestamp.UtcTicks), ("$key", record.Key), ("$headers", Headers(record.Headers)), ("$value", Bytes(record.Value)));
    }

    /// <summary>Reads a partition from an offset on, at most <paramref name="rows"/>, until <paramref name="admit"/> (offset, bytes) finds no room.</summary>
    public static void Read(SqliteSession session, string topic, int partition, long from, int rows, Func<long, int, Admission> admit, Action<Delivery> take) =>
        session.Query(row =>
            {
                long offset = row.GetInt64(0) & ((1L << OffsetBits) - 1);
                // Lengths first: SQLite reads a large value from disk only when it is asked for.
                var admission = admit(offset, row.GetInt32(1));
                if (admission == Admission.Taken)
                    take(new Delivery(topic, partition, offset, Time(row.GetInt64(2)), Text(row, 3), (byte[])row.GetValue(5), Headers(row.GetString(4))));
                return admission != Admission.NoRoom;
            },
            "SELECT id, coalesce(length(CAST(key AS BLOB)), 0) + length(CAST(headers AS BLOB)) + length(value), timestamp, key, headers, value FROM records WHERE id >= $from AND id < $end ORDER BY id LIMIT $rows",
            ("$from", Id(partition, from)), ("$end", Id(partition + 1, 0)), ("$rows", rows));

    /// <summary>Within a transaction: everything below the position is finished and goes.</summary>
    public static void Settle(SqliteSession session, int partition, long position)
    {
        session.Execute("UPDATE partitions SET position = max(position, $position) WHERE partition = $partition", ("$position", position), ("$partition", partition));
        session.Execute("DELETE FROM records WHERE id >= $first AND id < $position", ("$first", Id(partition, 0)), ("$position", Id(partition, position)));
    }

    public static long Unfinished(SqliteSession session) => session.Scalar<long>("SELECT sum(next_offset - position) FROM partitions");

    /// <summary>When the oldest record that no position has passed was accepted; null where there is none.</summary>
    public static DateTimeOffset? Oldest(SqliteSession session)
    {
        long ticks = session.Scalar<long>($"""
            SELECT min((SELECT timestamp FROM records WHERE id >= (p.partition << {OffsetBits}) + p.position AND id < (p.partition + 1) << {OffsetBits} ORDER BY id LIMIT 1)) FROM partitions p
            """);
        return ticks == 0 ? null : Time(ticks);
    }

    /// <summary>Bytes that count against the limits.</summary>
    public static int Size(OutgoingRecord record) =>
        record.Value.Length + Encoding.UTF8.GetByteCount(record.Key ?? "") + record.Headers.Sum(header => Encoding.UTF8.GetByteCount(header.Key) + Encoding.UTF8.GetByteCount(header.Value));

    public static string Headers(IReadOnlyList<KeyValuePair<string, string>> headers) => JsonSerializer.Serialize(headers.Select(header => new[] { header.Key, header.Value }));

    public static IReadOnlyList<KeyValuePair<string, string>> Headers(string json) =>
        [.. JsonSerializer.Deserialize<string[][]>(json)!.Select(header => KeyValuePair.Create(header[0], header[1]))];

    public static byte[] Bytes(ReadOnlyMemory<byte> value) =>
        MemoryMarshal.TryGetArray(value, out var array) && array.Offset == 0 && array.Count == array.Array!.Length ? array.Array : value.ToArray();

    public static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);

    private static long Id(int partition, long offset) => ((long)partition << OffsetBits) + offset;
}
