using System.Text.Json;
using Detection.Contracts;

namespace Detection.Storage.Sqlite;

/// <summary>What changed about decisions and was not published.</summary>
internal static class Outbox
{
    /// <summary>Within the transaction of the change. Gives the message and content a new version, so that a state read before cannot take it from the outbox.</summary>
    public static void Changed(SqliteSession session, string messageId, string content) =>
        session.Execute("INSERT OR REPLACE INTO outbox (message_id, content) VALUES ($message, $content)", ("$message", messageId), ("$content", content));

    public static IReadOnlyList<DecisionState> Pending(SqliteSession session, int take)
    {
        List<DecisionState> pending = [];
        session.Query(row =>
            {
                var summary = row.IsDBNull(3) ? null : JsonSerializer.Deserialize<DecisionSummary>(row.GetString(3), ContractJson.Options);
                pending.Add(new DecisionState(row.GetString(1), row.GetString(2), summary, row.GetInt64(0)));
                return true;
            },
            """
            SELECT o.version, o.message_id, o.content, c.json FROM outbox o LEFT JOIN decided c ON c.message_id = o.message_id AND c.content = o.content
            ORDER BY o.version LIMIT $take
            """, ("$take", take));
        return pending;
    }

    public static int Published(SqliteSession session, IReadOnlyList<DecisionState> states) => states.Sum(state => session.Execute("DELETE FROM outbox WHERE version = $version", ("$version", state.Version)));
}
