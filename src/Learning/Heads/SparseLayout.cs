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

/// <summary>Channels that teach a head: with enough rows of either answer to learn what words mean there.</summary>
internal static class OwnChannels
{
    private const int Fewest = 20;

    public static IReadOnlySet<Channel> None { get; } = new HashSet<Channel>();

    public static IReadOnlySet<Channel> Of(string head, IReadOnlyList<Example> teaching)
    {
        if (!HeadNames.ReadsOwnWords(head)) return None;
        var answers = teaching.ToLookup(example => (example.Channel, HeadTargets.Of(example.Row, head)));
        return OwnWords.Channels.Where(channel => answers[(channel, true)].Count() >= Fewest && answers[(channel, false)].Count() >= Fewest).ToHashSet();
    }
}
