using Detection.Contracts;

namespace Detection.Detectors.Heads;

/// <summary>
/// A head for mail or a technique reads every word and every run of characters twice: as one of any channel, and as one of its message's own channel. What is common is learned once, and what
/// "subscribe" means in a comment need not be what it means in a mail (Daumé III 2007, Frustratingly Easy Domain Adaptation, arXiv 0907.1815). In a channel that did not teach the head
/// (<see cref="Head.Own"/>) only the former is read.
/// </summary>
public static class OwnWords
{
    // Odd multiples of the golden ratio spread the few channels over all buckets.
    private const uint Spread = 0x9e3779b1;

    /// <summary>All but the one of which nothing is known.</summary>
    public static IReadOnlySet<Channel> Channels { get; } = ChannelNames.All.Where(channel => channel != Channel.Other).ToHashSet();

    /// <summary>Where the weight of a bucket in a channel stands, behind the weights of all buckets in any channel.</summary>
    /// <param name="buckets">A power of two.</param>
    public static int Place(int bucket, Channel channel, int buckets) => buckets + (bucket ^ (int)((uint)channel * Spread >> 8) & buckets - 1);

    /// <summary>Weights of a head: one a bucket, or also one a bucket in its channel, or none.</summary>
    public static bool Fit(int weights, int buckets) => weights == 0 || weights == buckets || weights == 2 * buckets;

    /// <summary>What a bucket weighs in a channel, of weights that are there.</summary>
    /// <param name="own">Channels whose own weight counts.</param>
    internal static float Weight(float[] weights, int bucket, Channel channel, IReadOnlySet<Channel> own, int buckets) =>
        weights.Length > buckets && own.Contains(channel) ? weights[bucket] + weights[Place(bucket, channel, buckets)] : weights[bucket];
}
