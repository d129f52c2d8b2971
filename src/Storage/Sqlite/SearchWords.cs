namespace Detection.Storage.Sqlite;

/// <summary>What a person types, as an expression of SQLite's full-text index: every word is quoted, so that no character has a meaning there.</summary>
internal static class SearchWords
{
    /// <summary>All words must occur. Null: not one word in it.</summary>
    /// <exception cref="ArgumentException">Too long.</exception>
    public static string? Expression(string text)
    {
        var words = SearchText.Words(text);
        return words.Count == 0 ? null : string.Join(' ', words.Select(word => '"' + word.Replace("\"", "\"\"", StringComparison.Ordinal) + '"'));
    }
}
