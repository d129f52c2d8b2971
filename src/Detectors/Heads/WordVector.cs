namespace Detection.Detectors.Heads;

/// <summary>
/// The words and pairs of neighbouring words of a text, hashed into <see cref="Hashes"/> and counted as 1 + ln tf. Sorted by hash; what heads read of them
/// <see cref="WordVocabulary"/> says, and weighting by rarity and length happens in <see cref="HeadSet"/>. All digits count as one.
/// </summary>
public sealed record WordVector(int[] Bucket, float[] Count)
{
    /// <summary>So many that words of one text seldom meet.</summary>
    public const int Hashes = 1 << 20;

    /// <summary>More words are not read: what a mail is about stands at its beginning.</summary>
    private const int MostWords = 1_500;

    public static WordVector None { get; } = new([], []);

    /// <param name="subject">Words of the subject are words of their own: "free" there is not "free" in the body, so both are counted.</param>
    /// <param name="text">Normalised.</param>
    public static WordVector Of(string? subject, string text)
    {
        var counts = new SortedDictionary<int, int>();
        if (!string.IsNullOrEmpty(subject))
        {
            Tally(subject, 0, counts);
            Tally(subject, 0x5ab1ec7, counts);
        }
        Tally(text, 0, counts);
        return new WordVector([.. counts.Keys], [.. counts.Values.Select(count => 1 + MathF.Log(count))]);
    }

    private static void Tally(string text, ulong salt, SortedDictionary<int, int> counts)
    {
        ulong word = 0, before = 0;
        int words = 0;
        for (int i = 0; i <= text.Length && words < MostWords; i++)
        {
            char letter = i < text.Length ? text[i] : ' ';
            if (char.IsLetterOrDigit(letter) || letter is '\'' or '$' or '£' or '€')
            {
                word = Mix(word == 0 ? 0x9e3779b97f4a7c15 ^ salt : word, char.IsAsciiDigit(letter) ? '0' : char.ToLowerInvariant(letter));
                continue;
            }
            if (word == 0) continue;
            Add(word);
            if (before != 0) Add(Mix(before, word));
            (before, word) = (word, 0);
            words++;
        }

        void Add(ulong hash)
        {
            int bucket = (int)(hash % Hashes);
            counts[bucket] = counts.GetValueOrDefault(bucket) + 1;
        }
    }

    /// <summary>A step of the finaliser of MurmurHash3 (public domain, Austin Appleby).</summary>
    private static ulong Mix(ulong hash, ulong value)
    {
        hash = (hash ^ value) * 0xff51afd7ed558ccd;
        hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53;
        return hash ^ hash >> 33;
    }
}
