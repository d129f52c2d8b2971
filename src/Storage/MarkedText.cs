namespace Detection.Storage;

/// <summary>
/// Search engines mark hits with any two strings. These cannot be guessed, so that a message cannot contain them and pretend hits.
/// </summary>
internal static class MarkedText
{
    public static readonly string Open = $"\u0002{Guid.NewGuid():N}\u0002";
    public static readonly string Close = $"\u0003{Guid.NewGuid():N}\u0003";

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
