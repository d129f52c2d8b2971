using System.Text.Json;
using Detection.Contracts;

namespace Detection.Storage.Sqlite;

/// <summary>The history of decisions, which only grows, and beside it what is in force.</summary>
internal static class DecisionTable
{
    /// <summary>Within a transaction. Whether it was taken down now, and what is in force.</summary>
    public static (bool Added, DecisionSummary? Summary) Decide(SqliteSession session, ModeratorDecision decision)
    {
        CheckVerdict(session, decision);
        var history = History(session, decision.MessageId, decision.ContentSha256);
        if (session.Scalar<long>("SELECT count(*) FROM decisions WHERE decision_id = $id", ("$id", decision.DecisionId)) > 0) return (false, DecisionHistory.Summary(history));
        DecisionHistory.Check(history, decision);
        session.Execute("INSERT INTO decisions (decision_id, message_id, content, json) VALUES ($id, $message, $content, $json)",
            ("$id", decision.DecisionId), ("$message", decision.MessageId), ("$content", decision.ContentSha256), ("$json", JsonSerializer.Serialize(decision, ContractJson.Options)));
        Outbox.Changed(session, decision.MessageId, decision.ContentSha256);
        var summary = DecisionHistory.Summary([.. history, decision]);
        session.Execute("DELETE FROM decided WHERE message_id = $message AND content = $content", ("$message", decision.MessageId), ("$content", decision.ContentSha256));
        if (summary is not null)
            session.Execute("INSERT INTO decided SELECT message_id, content, seq, $json FROM decisions WHERE decision_id = $id",
                ("$json", JsonSerializer.Serialize(summary, ContractJson.Options)), ("$id", summary.DecisionId));
        return (true, summary);
    }

    public static IReadOnlyList<ModeratorDecision> History(SqliteSession session, string messageId, string content)
    {
        List<ModeratorDecision> history = [];
        session.Query(row => { history.Add(JsonSerializer.Deserialize<ModeratorDecision>(row.GetString(0), ContractJson.Options)!); return true; },
            "SELECT json FROM decisions WHERE message_id = $message AND content = $content ORDER BY seq", ("$message", messageId), ("$content", content));
        return history;
    }

    /// <summary>Messages with a decision in force after a place in the order decided; of several verdicts on a message the one judged last.</summary>
    public static IReadOnlyList<(long Seq, JudgedMessage Judged)> Decided(SqliteSession session, long after, int take)
    {
        List<(long, JudgedMessage)> decided = [];
        session.Query(row => { decided.Add((row.GetInt64(0), VerdictTable.Read(row.GetString(2), row.GetString(1)))); return true; },
            """
            SELECT c.seq, c.json, d.json FROM decided c JOIN documents d ON d.row = (
                SELECT v.row FROM verdicts v WHERE v.message_id = c.message_id AND v.content = c.content ORDER BY v.processed_at DESC, v.row DESC LIMIT 1)
            WHERE c.seq > $after ORDER BY c.seq LIMIT $take
            """, ("$after", after), ("$take", take));
        return decided;
    }

    private static void CheckVerdict(SqliteSession session, ModeratorDecision decision)
    {
        bool found = false;
        session.Query(row =>
            {
                found = true;
                if (row.GetString(0) != decision.MessageId) throw new ArgumentException("messageId: not that of the verdict.", nameof(decision));
                if (row.GetString(1) != decision.ContentSha256) throw new ArgumentException("contentSha256: not that of the verdict.", nameof(decision));
                return false;
            }, "SELECT message_id, content FROM verdicts WHERE verdict_id = $verdict", ("$verdict", decision.VerdictId));
        if (!found) throw new KeyNotFoundException($"verdictId: {decision.VerdictId} is not in the store.");
    }
}
