namespace Detection.Storage.Sqlite;

/// <summary>What a person types, as an expression of SQLite's full-text index: every word is quoted, so that no character has a meaning there.</summary>
internal static class SearchWords
{
    public const int MaxCharacters = 1000;
    private const int MaxWords = 32;

    /// <summary>All words must occur. Null: not one word in it.</summary>
    /// <exception cref="ArgumentException">Too long.</exception>
    public static string? Expression(string text)
    {
        if (text.Length > MaxCharacters) throw new ArgumentException($"Text: at most {MaxCharacters} characters can be searched for.", nameof(text));
        string[] words = [.. text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Where(word => word.Any(char.IsLetterOrDigit)).Select(Quote)];
        if (words.Length > MaxWords) throw new ArgumentException($"Text: at most {MaxWords} words can be searched for.", nameof(text));
        return words.Length == 0 ? null : string.Join(' ', words);
    }

    private static string Quote(string word) => '"' + string.Concat(word.Where(c => !char.IsControl(c))).Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
}
