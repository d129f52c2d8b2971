namespace Detection.Storage.Sqlite;

/// <summary>The pieces of a stored message around the words searched for.</summary>
internal static class Highlights
{
    private const int PieceTokens = 32;
    private static readonly string[] Fields = ["subject", "text", "author"];

    private static readonly string Sql = $"""
        SELECT {string.Join(", ", Enumerable.Range(0, Fields.Length).Select(column => $"snippet(search, {column}, $open, $close, '', {PieceTokens})"))}
        FROM search WHERE search MATCH $text AND rowid = $row
        """;

    public static IReadOnlyList<Highlight> Find(SqliteSession session, string? expression, long row)
    {
        if (expression is null) return [];
        List<Highlight> found = [];
        session.Query(pieces =>
            {
                for (int column = 0; column < Fields.Length; column++)
                    if (!pieces.IsDBNull(column) && MarkedText.Read(Fields[column], pieces.GetString(column)) is { Hits.Count: > 0 } highlight) found.Add(highlight);
                return false;
            }, Sql, ("$open", MarkedText.Open), ("$close", MarkedText.Close), ("$text", expression), ("$row", row));
        return found;
    }
}
