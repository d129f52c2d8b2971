using System.Text.Json.Serialization;

namespace Detection.Contracts;

/// <summary>What a moderator says of one judged message. Append-only: undoing is a decision of its own whose <see cref="Undoes"/> names the other.</summary>
public sealed record ModeratorDecision
{
    public required string DecisionId { get; init; }
    public required string MessageId { get; init; }
    public required string VerdictId { get; init; }

    /// <summary>A reused Message-ID inherits nothing: decisions belong to message id and content together.</summary>
    public required string ContentSha256 { get; init; }
    public required DecisionLabels Labels { get; init; }
    public string? Note { get; init; }

    /// <summary><c>local</c> where there are no accounts.</summary>
    public required string Moderator { get; init; }
    public DateTimeOffset DecidedAt { get; init; }
    public string? Undoes { get; init; }
    public BundleIdentity? Bundle { get; init; }

    /// <summary>The scores that were on the screen.</summary>
    public Scores? Seen { get; init; }

    /// <summary>Key on the decisions topic.</summary>
    [JsonIgnore]
    public string Key => $"{MessageId}:{ContentSha256}";
}

/// <summary>Null: nothing was said about it. <see cref="Techniques"/> confirms (true) or rejects (false) each.</summary>
public sealed record DecisionLabels(DecidedAuthor? Authorship, DecidedMail? Mail, IReadOnlyDictionary<string, bool> Techniques)
{
    public static DecisionLabels None { get; } = new(null, null, new Dictionary<string, bool>());
}

[JsonConverter(typeof(JsonStringEnumConverter<DecidedAuthor>))]
public enum DecidedAuthor
{
    [JsonStringEnumMemberName("human")] Human,
    [JsonStringEnumMemberName("machine")] Machine,
}

[JsonConverter(typeof(JsonStringEnumConverter<DecidedMail>))]
public enum DecidedMail
{
    [JsonStringEnumMemberName("ham")] Ham,
    [JsonStringEnumMemberName("spam")] Spam,
    [JsonStringEnumMemberName("phishing")] Phishing,
}
