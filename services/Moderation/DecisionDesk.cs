using System.Diagnostics.Metrics;
using System.Security.Claims;
using Detection.Contracts;
using Detection.Storage;

namespace Detection.Moderation;

/// <summary>What a moderator sends; the desk adds who, when, the message, and the scores that were seen.</summary>
public sealed record DecisionDraft
{
    /// <summary>The same id again is the same decision, so that a request may be repeated. Absent: a new one.</summary>
    public string? DecisionId { get; init; }
    public required string VerdictId { get; init; }

    /// <summary>Absent where the decision undoes another.</summary>
    public DecisionLabels? Labels { get; init; }

    /// <summary>At most 4,000 characters.</summary>
    public string? Note { get; init; }

    /// <summary>Id of the decision that this one takes back.</summary>
    public string? Undoes { get; init; }
}

/// <summary>The decision as stored, and what the history of the message amounts to now: null when nothing is in force.</summary>
public sealed record DecisionAnswer(ModeratorDecision Decision, DecisionSummary? Current);

/// <summary>Takes decisions from the pages and from the API, by the same rules.</summary>
internal sealed class DecisionDesk(IVerdictStore store, VerdictFeed feed, TimeProvider time, ILogger<DecisionDesk> log)
{
    /// <summary>Without accounts everybody on this machine is the same person.</summary>
    public const string LocalModerator = "local";

    private const int MaxNote = 4_000;
    private const int MaxId = 100;
    private static readonly Meter Meter = new("Detection.Moderation");
    private static readonly Counter<long> Decisions = Meter.CreateCounter<long>("detection.decisions", "{decision}", "Decisions of moderators, those that undo others included.");

    /// <exception cref="FieldException">Names the field that is wrong; 404 for a verdict that is not stored, 409 for a decision that cannot be undone.</exception>
    public async Task<DecisionAnswer> RecordAsync(DecisionDraft draft, string moderator, CancellationToken cancellation)
    {
        Check(draft);
        var judged = await store.FindAsync(draft.VerdictId, cancellation)
            ?? throw new FieldException("verdictId", "names no verdict in the store", StatusCodes.Status404NotFound);
        CheckTechniques(draft, judged);
        var decision = Decide(draft, judged, moderator);
        var history = await store.HistoryAsync(judged.MessageId, judged.ContentSha256, cancellation);
        if (history.FirstOrDefault(earlier => earlier.DecisionId == decision.DecisionId) is { } same)
            return Says(same, decision) ? new DecisionAnswer(same, judged.Decision) : throw new FieldException("decisionId", "was used for another decision", StatusCodes.Status409Conflict);

        var current = await StoreAsync(decision, cancellation);
        Decisions.Add(1);
        ModerationLog.Decided(log, decision.DecisionId, decision.VerdictId, decision.Moderator);
        feed.Publish(new FeedEvent(decision.VerdictId, null));
        return new DecisionAnswer(decision, current);
    }

    private async Task<DecisionSummary?> StoreAsync(ModeratorDecision decision, CancellationToken cancellation)
    {
        try { return await store.DecideAsync(decision, cancellation); }
        catch (DecisionConflictException conflict) { throw new FieldException("undoes", "cannot be undone: " + conflict.Message.TrimEnd('.'), StatusCodes.Status409Conflict); }
        catch (KeyNotFoundException) { throw new FieldException("verdictId", "names no verdict in the store", StatusCodes.Status404NotFound); }
    }

    /// <summary>The account's name, or <c>key:NAME</c>.</summary>
    public static string ModeratorOf(ClaimsPrincipal user) => user.Identity is { IsAuthenticated: true, Name: { } name } ? name : LocalModerator;

    private ModeratorDecision Decide(DecisionDraft draft, JudgedMessage judged, string moderator) => new()
    {
        DecisionId = draft.DecisionId ?? Guid.CreateVersion7(time.GetUtcNow()).ToString("N"),
        MessageId = judged.MessageId,
        VerdictId = judged.VerdictId,
        ContentSha256 = judged.ContentSha256,
        Labels = draft.Labels is { } labels ? labels with { Techniques = labels.Techniques ?? DecisionLabels.None.Techniques } : DecisionLabels.None,
        Note = string.IsNullOrWhiteSpace(draft.Note) ? null : draft.Note.Trim(),
        Moderator = moderator,
        DecidedAt = time.GetUtcNow(),
        Undoes = draft.Undoes,
        Bundle = judged.Bundle,
        Seen = judged.Scores,
    };

    private static void Check(DecisionDraft draft)
    {
        CheckId("verdictId", draft.VerdictId);
        if (draft.DecisionId is { } id) CheckId("decisionId", id);
        if (draft.Undoes is { } undoes) CheckId("undoes", undoes);
        if (draft.Note is { Length: > MaxNote }) throw new FieldException("note", $"must have at most {MaxNote} characters");
        bool says = draft.Labels is { } labels && (labels.Authorship is not null || labels.Mail is not null || labels.Techniques is { Count: > 0 });
        if (says && draft.Undoes is not null) throw new FieldException("labels", "must be absent where a decision undoes another");
        if (!says && draft.Undoes is null) throw new FieldException("labels", "must say something about authorship, mail or a technique");
    }

    private static void CheckId(string field, string value)
    {
        if (value.Length is 0 or > MaxId || !value.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'))
            throw new FieldException(field, $"must be 1 to {MaxId} letters, digits, '-', '_' or '.'");
    }

    private static void CheckTechniques(DecisionDraft draft, JudgedMessage judged)
    {
        foreach (string technique in draft.Labels?.Techniques?.Keys ?? [])
            if (!Techniques.IsKnown(technique) && !judged.Manipulation.ContainsKey(technique))
                throw new FieldException("labels.techniques", "names a technique that neither the taxonomy nor this verdict has");
    }

    private static bool Says(ModeratorDecision one, ModeratorDecision other) =>
        one.Moderator == other.Moderator && one.VerdictId == other.VerdictId && one.Undoes == other.Undoes && one.Note == other.Note && one.Labels.Authorship == other.Labels.Authorship && one.Labels.Mail == other.Labels.Mail
        && one.Labels.Techniques.Count == other.Labels.Techniques.Count
        && one.Labels.Techniques.All(technique => other.Labels.Techniques.TryGetValue(technique.Key, out bool confirmed) && confirmed == technique.Value);
}
