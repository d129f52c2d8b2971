namespace Detection.Storage.Sqlite;

/// <summary>The pieces of a stored message around the words searched for.</summary>
internal static class Highlights
{
    private const int PieceTokens = 32;
    private static readonly string[] Fields = ["subject", "text", "author"];

    // The index marks hits with any two strings. These cannot be guessed, so that a message cannot contain them and pretend hits.
    private static readonly string Open = $"\u0002{Guid.NewGuid():N}\u0002";
    private static readonly string Close = $"\u0003{Guid.NewGuid():N}\u0003";

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
                    if (!pieces.IsDBNull(column) && Unmark(Fields[column], pieces.GetString(column)) is { Hits.Count: > 0 } highlight) found.Add(highlight);
                return false;
            }, Sql, ("$open", Open), ("$close", Close), ("$text", expression), ("$row", row));
        return found;
    }

    private static Highlight Unmark(string field, string marked)
    {
        string[] parts = marked.Split(Open);
        string piece = parts[0];
        List<(int, int)> hits = [];
        foreach (string part in parts.Skip(1))
        {
            string[] hitAndRest = part.Split(Close, 2);
            hits.Add((piece.Length, piece.Length + hitAndRest[0].Length));
            piece += string.Concat(hitAndRest);
        }
        return new Highlight(field, piece, hits);
    }
}
