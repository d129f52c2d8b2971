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

    public static HumanScores From(IEnumerable<(Channel Channel, int Characters, float Margin)> messages) => new(messages
        .SelectMany(message => LengthBucket.Of(message.Channel, message.Characters).Select(bucket => (bucket, message.Margin)))
        .GroupBy(one => one.bucket, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.Select(one => one.Margin).Order().ToArray(), StringComparer.Ordinal));

    /// <summary>The narrowest bucket of a message that has <see cref="Enough"/> scores; null where even all of them are too few.</summary>
    public string? BucketOf(Channel channel, int characters) =>
        LengthBucket.Of(channel, characters).FirstOrDefault(bucket => Buckets.TryGetValue(bucket, out float[]? scores) && scores.Length >= Enough);

    /// <summary>(1 + k)/(n + 1) with k of the n scores at least as high.</summary>
    public FalsePositiveRate? RateOf(Channel channel, int characters, float margin)
    {
        if (BucketOf(channel, characters) is not { } bucket) return null;
        float[] scores = Buckets[bucket];
        int atLeast = scores.Length - FirstAtLeast(scores, margin);
        return new FalsePositiveRate((1.0 + atLeast) / (scores.Length + 1), scores.Length, bucket);
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
