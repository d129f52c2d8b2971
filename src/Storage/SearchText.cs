namespace Detection.Storage;

/// <summary>What a person types into the search, as words; the same for every store.</summary>
internal static class SearchText
{
    private const int MaxCharacters = 1000, MaxWords = 32;

    /// <summary>All must occur; each holds a letter or digit and no control character. Empty: there is not one word in it.</summary>
    /// <exception cref="ArgumentException">Too long.</exception>
    public static IReadOnlyList<string> Words(string text)
    {
        if (text.Length > MaxCharacters) throw new ArgumentException($"Text: at most {MaxCharacters} characters can be searched for.", nameof(text));
        string[] words = [.. text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Where(word => word.Any(char.IsLetterOrDigit)).Select(word => string.Concat(word.Where(c => !char.IsControl(c))))];
        return words.Length <= MaxWords ? words : throw new ArgumentException($"Text: at most {MaxWords} words can be searched for.", nameof(text));
    }
}
