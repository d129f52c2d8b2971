using Detection.Contracts;

namespace Detection.Storage.Sqlite;

/// <summary>Counts over what a query selects, all of one state of the store.</summary>
internal static class VerdictAggregates
{
    // A month; a chart with more columns is read by nobody, and the answer stays bounded.
    private const int MaxHours = 31 * 24;
    private const int MaxNames = 20;

    private static readonly string[] Actions = [.. Enum.GetValues<VerdictAction>().OrderBy(Keeping.Rank).Select(ContractNames.Of)];

    public static VerdictCounts Count(SqliteSession session, VerdictQuery query)
    {
        session.Execute("BEGIN");
        try { return Count(session, new VerdictFilter(session, query)); }
        finally { session.Execute("COMMIT"); }
    }

    private static VerdictCounts Count(SqliteSession session, VerdictFilter filter)
    {
        (string, object?)[] values = [.. filter.Values];
        var byAction = new Dictionary<string, long>();
        var byChannel = new Dictionary<string, long>();
        var byTechnique = new Dictionary<string, long>();
        var byHour = new Dictionary<long, long[]>();
        // One pass, summed here: grouping in SQLite would sort all rows, and once for each of the three.
        session.Query(row =>
            {
                int rank = row.GetInt32(1);
                Add(byAction, Actions[rank], 1);
                Add(byChannel, row.GetString(2), 1);
                long hour = row.GetInt64(0) / TimeSpan.TicksPerHour;
                if (!byHour.TryGetValue(hour, out long[]? counts)) byHour[hour] = counts = new long[Actions.Length];
                counts[rank]++;
                return true;
            }, $"SELECT v.processed_at, v.action, v.channel FROM verdicts v WHERE {filter.Where}", values);
        string selected = filter.IsEmpty ? "" : $"WHERE t.row IN (SELECT v.row FROM verdicts v WHERE {filter.Where})";
        session.Query(row => { Add(byTechnique, row.GetString(0), row.GetInt64(1)); return true; }, $"SELECT t.name, count(*) FROM techniques t {selected} GROUP BY t.name", values);
        var hours = byHour.OrderBy(hour => hour.Key).TakeLast(MaxHours).Select(hour => new HourCount(new DateTimeOffset(hour.Key * TimeSpan.TicksPerHour, TimeSpan.Zero), hour.Value[0], hour.Value[1], hour.Value[2]));
        return new VerdictCounts(byAction.Values.Sum(), byAction, byChannel, byTechnique, [.. hours]) { ByCampaign = Largest(session, "campaign", filter), ByAccount = Largest(session, "account", filter) };
    }

    private static Dictionary<string, long> Largest(SqliteSession session, string column, VerdictFilter filter)
    {
        var largest = new Dictionary<string, long>();
        session.Query(row => { largest[row.GetString(0)] = row.GetInt64(1); return true; },
            $"SELECT v.{column}, count(*) AS n FROM verdicts v WHERE v.{column} IS NOT NULL AND {filter.Where} GROUP BY v.{column} ORDER BY n DESC, v.{column} LIMIT {MaxNames}", [.. filter.Values]);
        return largest;
    }

    private static void Add(Dictionary<string, long> counts, string name, long count) => counts[name] = counts.GetValueOrDefault(name) + count;
}
