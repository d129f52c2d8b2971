namespace Detection.Storage;

/// <summary>
/// Search engines mark hits with any two strings. These cannot be guessed, so that a message cannot contain them and pretend hits. No control characters at their ends:
/// Elasticsearch trims the pieces by those, marks and all.
/// </summary>
internal static class MarkedText
{
    public static readonly string Open = $"\ue000{Guid.NewGuid():N}\ue000";
    public static readonly string Close = $"\ue001{Guid.NewGuid():N}\ue001";

    /// <summary>The piece without its marks, and where they stood.</summary>
    public static Highlight Read(string field, string marked)
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
