namespace Detection.Detectors.Heads;

/// <summary>
/// Runs of 3, 4 and 5 characters inside words (their ends marked), hashed into <see cref="Buckets"/> and counted as 1 + ln tf: what survives a misspelling, a word glued to another, an
/// abbreviation of a text message. All digits count as one.
/// </summary>
public static class CharacterGrams
{
    public const int Buckets = 1 << 16;

    private const int Shortest = 3, Longest = 5;

    /// <summary>What a mail is about stands at its beginning; more characters are not read.</summary>
    private const int MostCharacters = 3_000;

    /// <param name="text">Normalised.</param>
    public static WordVector Of(string? subject, string text)
    {
        int room = Math.Min(text.Length, MostCharacters) + Math.Min(subject?.Length ?? 0, MostCharacters);
        int[] grams = new int[(room + 2) * (Longest - Shortest + 1)];
        int count = 0;
        if (!string.IsNullOrEmpty(subject)) Tally(subject, grams, ref count);
        Tally(text, grams, ref count);
        Array.Sort(grams, 0, count);
        List<int> buckets = [];
        List<float> counts = [];
        for (int start = 0, end; start < count; start = end)
        {
            end = start + 1;
            while (end < count && grams[end] == grams[start]) end++;
            buckets.Add(grams[start]);
            counts.Add(1 + MathF.Log(end - start));
        }
        return new WordVector([.. buckets], [.. counts]);
    }

    private static void Tally(string text, int[] grams, ref int count)
    {
        Span<char> window = stackalloc char[Longest];
        window[0] = ' ';
        int held = 1, length = Math.Min(text.Length, MostCharacters);
        for (int i = 0; i <= length; i++)
        {
            char letter = i == length || char.IsWhiteSpace(text[i]) ? ' ' : char.IsAsciiDigit(text[i]) ? '0' : char.ToLowerInvariant(text[i]);
            // Between two words stands one mark, which ends the one and begins the other.
            if (letter == ' ' && window[held - 1] == ' ') continue;
            if (held == Longest)
            {
                window[1..].CopyTo(window);
                held--;
            }
            window[held++] = letter;
            for (int size = Shortest; size <= held; size++)
            {
                var gram = window[(held - size)..held];
                grams[count++] = (int)(Hash(gram) % Buckets);
            }
            if (letter == ' ')
            {
                window[0] = ' ';
                held = 1;
            }
        }
    }

    /// <summary>FNV-1a (public domain, Fowler, Noll and Vo) with a last mixing step.</summary>
    private static ulong Hash(ReadOnlySpan<char> gram)
    {
        ulong hash = 0xcbf29ce484222325;
        foreach (char letter in gram) hash = (hash ^ letter) * 0x100000001b3;
        hash = (hash ^ hash >> 32) * 0xff51afd7ed558ccd;
        return hash ^ hash >> 33;
    }
}
