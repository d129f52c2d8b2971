using System.Text.Json.Serialization;

namespace Detection.Contracts;

/// <summary>What happens to a message; comes from the configured <see cref="VerdictRule"/> alone.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VerdictAction>))]
public enum VerdictAction
{
    [JsonStringEnumMemberName("allow")] Allow,
    [JsonStringEnumMemberName("review")] Review,
    [JsonStringEnumMemberName("hold")] Hold,
}

[JsonConverter(typeof(JsonStringEnumConverter<Authorship>))]
public enum Authorship
{
    [JsonStringEnumMemberName("unsure")] Unsure,
    [JsonStringEnumMemberName("human")] Human,
    [JsonStringEnumMemberName("machine")] Machine,
    [JsonStringEnumMemberName("too-short")] TooShort,
    [JsonStringEnumMemberName("unsupported")] Unsupported,
}

[JsonConverter(typeof(JsonStringEnumConverter<MailKind>))]
public enum MailKind
{
    [JsonStringEnumMemberName("unsure")] Unsure,
    [JsonStringEnumMemberName("ham")] Ham,
    [JsonStringEnumMemberName("spam")] Spam,
    [JsonStringEnumMemberName("phishing")] Phishing,
}

/// <summary>What goes out for one message. Probabilities are calibrated and in [0, 1]; null: the bundle in use cannot say.</summary>
public record Verdict
{
    public required string MessageId { get; init; }

    /// <summary>32 hexadecimal digits, see <see cref="VerdictIdentity"/>: the same on every machine, so that a redelivery meets the same id.</summary>
    public required string VerdictId { get; init; }

    public VerdictAction Action { get; init; }
    public Channel Channel { get; init; }
    public required Scores Scores { get; init; }
    public Authorship Authorship { get; init; }

    /// <summary>Every enabled head of the taxonomy.</summary>
    public IReadOnlyDictionary<string, double?> Manipulation { get; init; } = new Dictionary<string, double?>();

    /// <summary>Zero-shot criteria by name, unflipped, natural logs.</summary>
    public IReadOnlyDictionary<string, double?> Criteria { get; init; } = new Dictionary<string, double?>();

    public required Decided Decided { get; init; }
    public IReadOnlyList<Evidence> Evidence { get; init; } = [];
    public CampaignSnapshot? Campaign { get; init; }
    public IReadOnlyDictionary<string, FalsePositiveRate> FalsePositiveRate { get; init; } = new Dictionary<string, FalsePositiveRate>();

    /// <summary>Tokens read, and whether the message had more.</summary>
    public int Tokens { get; init; }
    public bool Truncated { get; init; }
    public required BundleIdentity Bundle { get; init; }

    /// <summary>Hash of everything else that can move a number: dtype, kernel set, device kind.</summary>
    public required string Config { get; init; }
    public DateTimeOffset ProcessedAt { get; init; }
}

/// <summary><see cref="Spam"/> is P(unwanted), phishing included; <see cref="Phishing"/> ≤ <see cref="Spam"/>; <see cref="Manipulation"/> is the largest enabled head.</summary>
public sealed record Scores(double? Synthetic, double? Spam, double? Phishing, double? Manipulation)
{
    public static Scores None { get; } = new(null, null, null, null);
}

/// <summary>The bundle's thresholds applied: techniques are the heads at or above theirs.</summary>
public sealed record Decided(MailKind Mail, IReadOnlyList<string> Techniques);

/// <summary>One reason: <paramref name="Value"/> in the signal's own unit, <paramref name="Weight"/> its share in the decision, <paramref name="Text"/> a sentence a person can read.</summary>
public sealed record Evidence(string Signal, double Value, double Weight, string Text, IReadOnlyList<EvidenceSpan> Spans);

/// <summary>UTF-16 code units of <paramref name="Field"/> (<c>text</c> or <c>subject</c>), end exclusive.</summary>
public sealed record EvidenceSpan(string Field, int Start, int End, double Value);

/// <summary>A snapshot at judging time: outside the id and outside replay.</summary>
public sealed record CampaignSnapshot(string Id, int Size, int Accounts, double Confidence);

/// <summary>(1 + k)/(n + 1): the share of <paramref name="N"/> calibration messages by people (ham) of this <paramref name="Bucket"/> that score at least this high.</summary>
public sealed record FalsePositiveRate(double Rate, int N, string Bucket)
{
    /// <summary>Whether it was measured on messages of that channel; where the channel is not known, on all.</summary>
    public bool IsOf(Channel channel) => Bucket.Split('/')[0] == channel.Name() || channel == Channel.Other && Bucket == "all";
}

public sealed record BundleIdentity(string Name, string Version, string Sha256);
