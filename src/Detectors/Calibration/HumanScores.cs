using Detection.Contracts;

namespace Detection.Detectors.Calibration;

/// <summary>
/// Margins that a head gave to calibration messages by people (or ham), sorted, by bucket. Gives the share of them that score at least as high, and a threshold
/// that keeps a budget: a conformal guarantee where messages in the field are like these (published-numbers.md §3.3).
/// </summary>
public sealed class HumanScores
{
    /// <summary>Fewer messages in a bucket show nothing about a rate of 1 %: buckets merge (length, then channel, then all) until they have as many.</summary>
    public const int Enough = 299;

    /// <param name="buckets">Ascending margins by the names of <see cref="LengthBucket"/>; <c>all</c> holds every one.</param>
    public HumanScores(IReadOnlyDictionary<string, float[]> buckets) => Buckets = buckets;

    public IReadOnlyDictionary<string, float[]> Buckets { get; }

    /// <param name="further">Other stretches of documents that are among the messages, none in the bucket of another: they count among texts of their own channel and length, where each is its document's only one.</param>
    public static HumanScores From(IEnumerable<(Channel Channel, int Characters, float Margin)> messages, IEnumerable<(Channel Channel, int Characters, float Margin)>? further = null) => new(messages
        .SelectMany(message => LengthBucket.Of(message.Channel, message.Characters).Select(bucket => (bucket, message.Margin)))
        .Concat((further ?? []).Select(stretch => (bucket: LengthBucket.Of(stretch.Channel, stretch.Characters).First(), stretch.Margin)))
        .GroupBy(one => one.bucket, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.Select(one => one.Margin).Order().ToArray(), StringComparer.Ordinal));

    /// <summary>With further messages, each of them a document of its own.</summary>
    public HumanScores With(IEnumerable<(Channel Channel, int Characters, float Margin)> messages)
    {
        var added = From(messages).Buckets;
        return new HumanScores(Buckets.Keys.Union(added.Keys, StringComparer.Ordinal).ToDictionary(bucket => bucket,
            bucket => Buckets.GetValueOrDefault(bucket, []).Concat(added.GetValueOrDefault(bucket, [])).Order().ToArray(), StringComparer.Ordinal));
    }

    /// <summary>The narrowest bucket of a message that has <see cref="Enough"/> scores; null where even all of them are too few.</summary>
    public string? BucketOf(Channel channel, int characters) =>
        LengthBucket.Of(channel, characters).FirstOrDefault(bucket => Buckets.TryGetValue(bucket, out float[]? scores) && scores.Length >= Enough);

    /// <summary>
    /// (1 + k)/(n + 1) with k of the n scores at least as high, in the narrowest bucket with <see cref="Enough"/>. Where no score is as high (k = 0), its n does not suffice to say how rare
    /// that is, and the wider bucket of the channel speaks if fewer score as high in it. Never more for a higher margin.
    /// </summary>
    public FalsePositiveRate? RateOf(Channel channel, int characters, float margin)
    {
        if (BucketOf(channel, characters) is not { } narrowest) return null;
        var (rate, isHighest) = RateIn(narrowest, margin);
        foreach (string wider in LengthBucket.Of(channel, characters).SkipWhile(bucket => bucket != narrowest).Skip(1))
        {
            if (!isHighest || !Buckets.ContainsKey(wider)) break;
            var (next, isStill) = RateIn(wider, margin);
            if (!next.IsOf(channel) || next.Rate >= rate.Rate) break;
            (rate, isHighest) = (next, isStill);
        }
        return rate;
    }

    /// <summary>How many messages show what a budget in a channel costs: its own; of messages whose channel is not known, all.</summary>
    public int MessagesOf(Channel channel)
    {
        int Count(string bucket) => Buckets.TryGetValue(bucket, out float[]? scores) ? scores.Length : 0;
        return channel == Channel.Other ? Math.Max(Count(channel.Name()), Count(LengthBucket.All)) : Count(channel.Name());
    }

    private (FalsePositiveRate Rate, bool IsHighest) RateIn(string bucket, float margin)
    {
        float[] scores = Buckets[bucket];
        int atLeast = scores.Length - FirstAtLeast(scores, margin);
        return (new FalsePositiveRate((1.0 + atLeast) / (scores.Length + 1), scores.Length, bucket), atLeast == 0);
    }

    private static int FirstAtLeast(float[] sorted, float value)
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (sorted[middle] < value) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
