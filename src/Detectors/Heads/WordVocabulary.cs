namespace Detection.Detectors.Heads;

/// <summary>
/// Which hashed words (<see cref="WordVector"/>) heads read, how rare each is, and at which place its weight stands. The words that most training texts have are kept, no two of them at one place;
/// rarer ones are not read. Heads of feature versions before 6 read every word, with many words at one place.
/// </summary>
public sealed class WordVocabulary
{
    /// <summary>Most words that are kept, and how many weights a head then has for words of any channel. A power of two.</summary>
    public const int Most = 1 << 16;

    internal const int FoldedPlaces = 1 << 15;

    private readonly int[]? _kept;

    /// <param name="kept">Hashes, ascending, at most <see cref="Most"/>. The place of a word is that of its hash here.</param>
    /// <param name="rarity">Inverse document frequency of each.</param>
    /// <exception cref="ArgumentException">Hashes do not ascend within <see cref="WordVector.Hashes"/>, are too many, or are not as many as the numbers.</exception>
    public WordVocabulary(int[] kept, float[] rarity) : this(rarity, kept)
    {
        if (kept.Length > Most || kept.Length != rarity.Length) throw new ArgumentException($"{kept.Length} hashes, not one for each of {rarity.Length} numbers and at most {Most}.", nameof(kept));
        for (int i = 0; i < kept.Length; i++)
            if (kept[i] is < 0 or >= WordVector.Hashes || i > 0 && kept[i] <= kept[i - 1]) throw new ArgumentException($"The hash at {i} does not ascend or is out of range.", nameof(kept));
    }

    private WordVocabulary(float[] rarity, int[]? kept) => (_kept, Rarity) = (kept, rarity);

    /// <summary>Of a bundle before feature version 6.</summary>
    /// <exception cref="ArgumentException">Not one number a place.</exception>
    public static WordVocabulary Folded(float[] rarity) =>
        rarity.Length == FoldedPlaces ? new WordVocabulary(rarity, null) : throw new ArgumentException($"{rarity.Length} numbers, not {FoldedPlaces}.", nameof(rarity));

    /// <summary>The words that most texts have.</summary>
    /// <param name="documents">How many texts have each hash.</param>
    /// <param name="texts">Of how many.</param>
    public static WordVocabulary Of(int[] documents, int texts)
    {
        int[] kept = [.. Enumerable.Range(0, documents.Length).Where(hash => documents[hash] > 0).OrderByDescending(hash => documents[hash]).ThenBy(hash => hash).Take(Most).Order()];
        return new WordVocabulary(kept, [.. kept.Select(hash => InverseFrequency(documents[hash], texts))]);
    }

    /// <summary>1 + ln((1 + n) / (1 + df)).</summary>
    public static float InverseFrequency(int documents, int texts) => (float)(1 + Math.Log((1.0 + texts) / (1 + documents)));

    /// <summary>Hashes of the words that are kept; null where all are, several at one place.</summary>
    public IReadOnlyList<int>? Kept => _kept;

    /// <summary>By place.</summary>
    public float[] Rarity { get; }

    /// <summary>How many weights a head has for words of any channel; a power of two.</summary>
    public int Places => _kept is null ? FoldedPlaces : Most;

    /// <summary>As <see cref="Placed"/>, each counted times its rarity, all of them scaled to length 1.</summary>
    public WordVector Weighed(WordVector words)
    {
        var placed = Placed(words);
        return placed with { Count = HeadSet.Weigh(placed, Rarity) };
    }

    /// <summary>The words of a text that are read, by place instead of hash.</summary>
    public WordVector Placed(WordVector words)
    {
        if (_kept is null) return words with { Bucket = [.. words.Bucket.Select(hash => hash & FoldedPlaces - 1)] };
        int[] places = new int[words.Bucket.Length];
        float[] counts = new float[places.Length];
        int found = 0;
        for (int i = 0; i < places.Length; i++)
            if (Array.BinarySearch(_kept, words.Bucket[i]) is >= 0 and var place) (places[found], counts[found++]) = (place, words.Count[i]);
        return new WordVector(places[..found], counts[..found]);
    }
}
