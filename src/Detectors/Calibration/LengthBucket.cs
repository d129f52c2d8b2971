using Detection.Contracts;

namespace Detection.Detectors.Calibration;

/// <summary>Kinds of message that have a false-positive rate of their own: channel × characters of normalised text.</summary>
public static class LengthBucket
{
    /// <summary>Every message.</summary>
    public const string All = "all";

    private static readonly (int Below, string Name)[] Lengths = [(200, "under-200"), (600, "200-600"), (1_600, "600-1600"), (int.MaxValue, "over-1600")];

    public static string LengthOf(int characters) => Lengths.First(length => characters < length.Below).Name;

    /// <summary>The buckets that a message belongs to, narrowest first: channel and length, the channel, all.</summary>
    public static IEnumerable<string> Of(Channel channel, int characters) => [$"{channel.Name()}/{LengthOf(characters)}", channel.Name(), All];

    /// <summary>Those of a channel, the widest first.</summary>
    public static IEnumerable<string> OfChannel(Channel channel) => [channel.Name(), .. Lengths.Select(length => $"{channel.Name()}/{length.Name}")];

    /// <summary>All channels, by length: the length in any channel, and it in each.</summary>
    public static IEnumerable<(string Length, IEnumerable<string> OfChannels)> ByLength => Lengths.Select(length => (length.Name, Enum.GetValues<Channel>().Select(channel => $"{channel.Name()}/{length.Name}")));

    /// <summary>Narrowest first: channel and length, then the length in any channel.</summary>
    public static IEnumerable<string> OfLength(Channel channel, int characters) => [$"{channel.Name()}/{LengthOf(characters)}", LengthOf(characters)];
}
