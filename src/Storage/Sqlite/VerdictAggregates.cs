using Detection.Contracts;

namespace Detection.Storage.Sqlite;

/// <summary>Counts over what a query selects, all of one state of the store.</summary>
internal static class VerdictAggregates
{
    // A month; a chart with more columns is read by nobody, and the answer stays bounded.
    private const int MaxHours = 31 * 24;

    public static VerdictCounts Count(SqliteSession session, VerdictQuery query)
    {
        session.Execute("BEGIN");
        try { return Count(session, new VerdictFilter(query)); }
        finally { session.Execute("COMMIT"); }
    }

    private static VerdictCounts Count(SqliteSession session, VerdictFilter filter)
    {
        (string, object?)[] values = [.. filter.Values];
        var byAction = new Dictionary<string, long>();
        var byChannel = new Dictionary<string, long>();
        session.Query(row =>
            {
                Add(byAction, ColumnNames.Of(ColumnNames.Action(row.GetInt64(0))), row.GetInt64(2));
                Add(byChannel, row.GetString(1), row.GetInt64(2));
                return true;
            }, $"SELECT v.action, v.channel, count(*) FROM verdicts v WHERE {filter.Where} GROUP BY v.action, v.channel", values);
        var byTechnique = new Dictionary<string, long>();
        session.Query(row => { Add(byTechnique, row.GetString(0), row.GetInt64(1)); return true; },
            $"SELECT t.name, count(*) FROM techniques t WHERE t.row IN (SELECT v.row FROM verdicts v WHERE {filter.Where}) GROUP BY t.name", values);
        return new VerdictCounts(byAction.Values.Sum(), byAction, byChannel, byTechnique, Hours(session, filter.Where, values));
    }

    private static List<HourCount> Hours(SqliteSession session, string where, (string, object?)[] values)
    {
        List<HourCount> hours = [];
        session.Query(row =>
            {
                hours.Add(new HourCount(new DateTimeOffset(row.GetInt64(0) * TimeSpan.TicksPerHour, TimeSpan.Zero), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)));
                return true;
            },
            $"""
            SELECT v.processed_at / {TimeSpan.TicksPerHour} AS hour, sum(v.action = 0), sum(v.action = 1), sum(v.action = 2)
            FROM verdicts v WHERE {where} GROUP BY hour ORDER BY hour DESC LIMIT {MaxHours}
            """, values);
        hours.Reverse();
        return hours;
    }

    private static void Add(Dictionary<string, long> counts, string name, long count) => counts[name] = counts.GetValueOrDefault(name) + count;
}
