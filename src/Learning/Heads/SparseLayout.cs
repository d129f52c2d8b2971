using Detection.Contracts;
using Detection.Detectors.Heads;

namespace Detection.Learning.Heads;

/// <summary>What a head reads of words and, for mail, of runs of characters, and in which order: words, then grams; either followed by the same in the channel, where any channel taught the head (<see cref="OwnWords"/>).</summary>
/// <param name="Own">Channels whose words and grams are read apart.</param>
internal sealed record SparseLayout(string Head, IReadOnlySet<Channel> Own)
{
    private int Halves => Own.Count > 0 ? 2 : 1;

    public int Words => Halves * WordVocabulary.Most;
    public int Grams => HeadNames.IsMail(Head) ? Halves * CharacterGrams.Buckets : 0;

    public (int[] Buckets, float[] Values) Of(ScaledFeatures features)
    {
        bool own = Own.Contains(features.Channel);
        var buckets = new List<int>();
        var values = new List<float>();
        void Add(WordVector counted, int places, int from)
        {
            buckets.AddRange(counted.Bucket.Select(bucket => from + bucket));
            values.AddRange(counted.Count);
            if (!own) return;
            buckets.AddRange(counted.Bucket.Select(bucket => from + OwnWords.Place(bucket, features.Channel, places)));
            values.AddRange(counted.Count);
        }

        Add(features.Words, WordVocabulary.Most, 0);
        if (Grams > 0) Add(features.Grams, CharacterGrams.Buckets, Words);
        return ([.. buckets], [.. values]);
    }
}

/// <summary>
/// Channels that a head knows: with enough rows of either answer to learn what words mean there, and to say how probable the answer is and from where it is given. In any other channel a message
/// is judged by what holds in all of them, with a calibration and a threshold that were found so.
/// </summary>
internal static class OwnChannels
{
    public const int Fewest = 10;

    /// <param name="sets">What teaches and, where anything does, what calibrates.</param>
    public static IReadOnlySet<Channel> Of(string head, params IReadOnlyList<Example>[] sets)
    {
        if (!HeadNames.ReadsOwnWords(head)) return new HashSet<Channel>();
        var known = new HashSet<Channel>(OwnWords.Channels);
        foreach (var set in sets)
        {
            var answers = set.ToLookup(example => (example.Channel, HeadTargets.Of(example.Row, head)));
            known.RemoveWhere(channel => answers[(channel, true)].Count() < Fewest || answers[(channel, false)].Count() < Fewest);
        }
        return known;
    }
}
