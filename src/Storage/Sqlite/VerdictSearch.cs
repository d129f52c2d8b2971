using Detection.Contracts;

namespace Detection.Storage.Sqlite;

/// <summary>Pages of verdicts in an order that stands still while others write: each page begins after the last row of the page before, not at a number.</summary>
internal static class VerdictSearch
{
    private const int MaxTake = 500;

    public static VerdictPage Search(SqliteSession session, VerdictQuery query)
    {
        if (query.Take is < 1 or > MaxTake) throw new ArgumentException($"Take: must be 1 to {MaxTake}.", nameof(query));
        var filter = new VerdictFilter(session, query);
        string order = query.Order == VerdictOrder.Newest ? "v.processed_at DESC, v.row DESC" : "v.action DESC, v.suspicion DESC, v.row DESC";
        if (!string.IsNullOrEmpty(query.After)) AddAfter(filter, SearchCursor.Parse(query.After, query.Order));
        List<(SearchCursor Cursor, JudgedMessage Judged)> rows = [];
        // The page is chosen by narrow rows and indices; only what is on it is read in full.
        session.Query(row =>
            {
                rows.Add((new SearchCursor(query.Order, row.GetInt64(1), row.GetInt32(2), row.GetDouble(3), row.GetInt64(0)), VerdictTable.Read(row.GetString(4), row.IsDBNull(5) ? null : row.GetString(5))));
                return true;
            },
            $"""
            WITH page AS MATERIALIZED (SELECT v.row FROM verdicts v WHERE {filter.Where} ORDER BY {order} LIMIT $take)
            SELECT v.row, v.processed_at, v.action, v.suspicion, d.json, c.json FROM page JOIN verdicts v ON v.row = page.row JOIN documents d ON d.row = page.row
            LEFT JOIN decided c ON c.message_id = v.message_id AND c.content = v.content ORDER BY {order}
            """, [.. filter.Values, ("$take", query.Take + 1)]);
        var items = rows.Take(query.Take).Select(hit => new VerdictHit(hit.Judged, Highlights.Find(session, filter.SearchExpression, hit.Cursor.Row)));
        return new VerdictPage([.. items], rows.Count > query.Take ? rows[query.Take - 1].Cursor.ToString() : null);
    }

    private static void AddAfter(VerdictFilter filter, SearchCursor last)
    {
        if (last.Order == VerdictOrder.Newest) filter.Add("(v.processed_at, v.row) < ($lastAt, $lastRow)", ("$lastAt", last.ProcessedAt), ("$lastRow", last.Row));
        else filter.Add("(v.action, v.suspicion, v.row) < ($lastAction, $lastSuspicion, $lastRow)", ("$lastAction", last.Action), ("$lastSuspicion", last.Suspicion), ("$lastRow", last.Row));
    }
}
