using System.Text.Json;
using Detection.Contracts;

namespace Detection.Storage.Sqlite;

/// <summary>Deleting verdicts and decisions; each within a transaction of the caller.</summary>
internal static class Upkeep
{
    public static Erasure EraseAuthor(SqliteSession session, string name, string by, DateTimeOffset now)
    {
        Choose(session, "SELECT row FROM authors WHERE name = $name", ("$name", name));
        long decisions = DeleteDecisions(session, Messages(session, "SELECT DISTINCT message_id, content FROM verdicts WHERE row IN gone"));
        var erasure = new Erasure(ErasedAuthor.Sha256(name), by, now, DeleteChosen(session), decisions);
        session.Execute("INSERT INTO erasures (json) VALUES ($json)", ("$json", JsonSerializer.Serialize(erasure, ContractJson.Options)));
        return erasure;
    }

    public static IReadOnlyList<Erasure> Erasures(SqliteSession session)
    {
        List<Erasure> erasures = [];
        session.Query(row => { erasures.Add(JsonSerializer.Deserialize<Erasure>(row.GetString(0), ContractJson.Options)!); return true; }, "SELECT json FROM erasures ORDER BY seq");
        return erasures;
    }

    /// <summary>At most <paramref name="take"/> of those processed before a time; how many that were.</summary>
    public static long DeleteVerdicts(SqliteSession session, DateTimeOffset before, int take)
    {
        Choose(session, "SELECT row FROM verdicts WHERE processed_at < $before ORDER BY processed_at LIMIT $take", ("$before", before.UtcTicks), ("$take", take));
        return DeleteChosen(session);
    }

    /// <summary>Histories whose newest decision is older than a time: what is in force now may rest on what was undone long ago.</summary>
    public static long DeleteDecisions(SqliteSession session, DateTimeOffset before) => DeleteDecisions(session,
        Messages(session, "SELECT message_id, content FROM decisions GROUP BY message_id, content HAVING max(json ->> '$.decidedAt') < $before", ("$before", ContractJson.Time(before))));

    private static long DeleteDecisions(SqliteSession session, IReadOnlyList<(string MessageId, string Content)> messages)
    {
        long deleted = 0;
        foreach (var (messageId, content) in messages)
        {
            int count = session.Execute("DELETE FROM decisions WHERE message_id = $message AND content = $content", ("$message", messageId), ("$content", content));
            session.Execute("DELETE FROM decided WHERE message_id = $message AND content = $content", ("$message", messageId), ("$content", content));
            // Whoever keeps states elsewhere must hear that there is none any more.
            if (count > 0) Outbox.Changed(session, messageId, content);
            deleted += count;
        }
        return deleted;
    }

    private static IReadOnlyList<(string, string)> Messages(SqliteSession session, string sql, params ReadOnlySpan<(string, object?)> values)
    {
        List<(string, string)> messages = [];
        session.Query(row => { messages.Add((row.GetString(0), row.GetString(1))); return true; }, sql, values);
        return messages;
    }

    private static void Choose(SqliteSession session, string rows, params ReadOnlySpan<(string, object?)> values)
    {
        session.Execute("CREATE TEMP TABLE IF NOT EXISTS gone (row INTEGER PRIMARY KEY)");
        session.Execute("DELETE FROM gone");
        session.Execute($"INSERT INTO gone {rows}", values);
    }

    private static long DeleteChosen(SqliteSession session)
    {
        // The index for words must be told what it held while the view can still say it.
        session.Execute("INSERT INTO search (search, rowid, subject, text, author) SELECT 'delete', row, subject, text, author FROM search_source WHERE row IN gone");
        foreach (string table in new[] { "documents", "techniques", "authors" }) session.Execute($"DELETE FROM {table} WHERE row IN gone");
        return session.Execute("DELETE FROM verdicts WHERE row IN gone");
    }
}
