namespace Detection.Contracts;

/// <summary>What a store keeps and <c>GET /api/v1/verdicts/{id}</c> answers: the verdict's fields at the root, and beside them the message, its token scores and what moderators decided.</summary>
public sealed record JudgedMessage : Verdict
{
    public required Message Message { get; init; }

    /// <summary>Null where bodies are not stored, or the message was too long.</summary>
    public TokenScoreMap? TokenScores { get; init; }

    /// <summary>SHA-256 of the judged content, see <see cref="VerdictIdentity.ContentSha256"/>.</summary>
    public required string ContentSha256 { get; init; }

    /// <summary>When the message was taken: the time that the broker gave the record (a retry keeps the first), for HTTP the time received. A store that keeps months apart files by it.</summary>
    public DateTimeOffset AcceptedAt { get; init; }

    /// <summary>The trace that its processing belongs to: 32 hexadecimal digits (W3C Trace Context); null where nothing was traced.</summary>
    public string? TraceId { get; init; }

    /// <summary>Filled by the store when it is read.</summary>
    public DecisionSummary? Decision { get; init; }
}

/// <summary>The state that the decision history of a message amounts to.</summary>
public sealed record DecisionSummary(DecisionLabels Labels, string Moderator, DateTimeOffset DecidedAt, string DecisionId);
