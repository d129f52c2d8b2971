using System.Text.Json;
using Detection.Contracts;

namespace Detection.Storage.Sqlite;

/// <summary>Writing and reading single verdicts.</summary>
internal static class VerdictTable
{
    /// <summary>Within a transaction. False: the verdict id is stored already, and what is stored stays.</summary>
    public static bool Insert(SqliteSession session, VerdictRow verdict)
    {
        var judged = verdict.Judged;
        long row = session.Scalar<long>("""
            INSERT INTO verdicts (verdict_id, message_id, content, processed_at, action, channel, authorship, mail, suspicion, account, campaign)
            VALUES ($verdict, $message, $content, $at, $action, $channel, $authorship, $mail, $suspicion, $account, $campaign) ON CONFLICT (verdict_id) DO NOTHING RETURNING row
            """,
            ("$verdict", judged.VerdictId), ("$message", judged.MessageId), ("$content", judged.ContentSha256), ("$at", judged.ProcessedAt.UtcTicks), ("$action", Keeping.Rank(judged.Action)),
            ("$channel", judged.Channel.Name()), ("$authorship", ContractNames.Of(judged.Authorship)), ("$mail", ContractNames.Of(judged.Decided.Mail)), ("$suspicion", Keeping.Suspicion(judged.Scores)),
            ("$account", Keeping.Account(judged.Message)), ("$campaign", judged.Campaign?.Id));
        if (row == 0) return false;
        session.Execute("INSERT INTO documents VALUES ($row, $json, $scores)", ("$row", row), ("$json", verdict.Json), ("$scores", verdict.TokenScores));
        foreach (string technique in judged.Decided.Techniques.Distinct()) session.Execute("INSERT INTO techniques VALUES ($name, $row)", ("$name", technique), ("$row", row));
        foreach (string author in Keeping.AuthorNames(judged.Message)) session.Execute("INSERT INTO authors VALUES ($name, $row)", ("$name", author), ("$row", row));
        // From the view, so that the index holds what the view will say when it is asked for highlights.
        session.Execute("INSERT INTO search (rowid, subject, text, author) SELECT row, subject, text, author FROM search_source WHERE row = $row", ("$row", row));
        return true;
    }

    public static JudgedMessage? Find(SqliteSession session, string verdictId)
    {
        JudgedMessage? found = null;
        session.Query(row =>
            {
                var scores = row.IsDBNull(2) ? null : TokenScoreMap.Unpack((byte[])row.GetValue(2));
                found = Read(row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1)) with { TokenScores = scores };
                return false;
            },
            """
            SELECT d.json, c.json, d.token_scores FROM verdicts v JOIN documents d ON d.row = v.row
            LEFT JOIN decided c ON c.message_id = v.message_id AND c.content = v.content WHERE v.verdict_id = $verdict
            """, ("$verdict", verdictId));
        return found;
    }

    public static long LastRow(SqliteSession session) => session.Scalar<long>("SELECT max(row) FROM verdicts");

    /// <summary>What was stored after a row, oldest first.</summary>
    public static IReadOnlyList<(long Row, JudgedMessage Judged)> After(SqliteSession session, long after, int take)
    {
        List<(long, JudgedMessage)> stored = [];
        session.Query(row => { stored.Add((row.GetInt64(0), Read(row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2)))); return true; },
            """
            SELECT v.row, d.json, c.json FROM verdicts v JOIN documents d ON d.row = v.row
            LEFT JOIN decided c ON c.message_id = v.message_id AND c.content = v.content WHERE v.row > $after ORDER BY v.row LIMIT $take
            """, ("$after", after), ("$take", take));
        return stored;
    }

    public static JudgedMessage Read(string json, string? decision) => JsonSerializer.Deserialize<JudgedMessage>(json, ContractJson.Options)! with
    {
        Decision = decision is null ? null : JsonSerializer.Deserialize<DecisionSummary>(decision, ContractJson.Options),
    };
}
