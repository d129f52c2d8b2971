using Detection.Contracts;

namespace Detection.Tests;

/// <summary>Valid things of the domain; a test says only what matters to it: <c>Some.Message() with { Text = "…" }</c>.</summary>
internal static class Some
{
    public static readonly DateTimeOffset Time = new(2026, 1, 31, 8, 30, 0, TimeSpan.Zero);

    /// <summary>As it stands after ingest.</summary>
    public static Message Message(string id = "m1", string text = "Please send the invoice again, the last one was empty.") => new()
    {
        Id = id,
        Text = text,
        Subject = "The invoice",
        Author = new Author("anna", "Anna Example", "anna@example.org"),
        Channel = Channel.Email,
        SentAt = Time,
    };

    /// <summary>With the ids that its message and content lead to; content and ids follow <paramref name="message"/>.</summary>
    public static JudgedMessage JudgedMessage(Message? message = null, VerdictAction action = VerdictAction.Review, Scores? scores = null, DateTimeOffset? processedAt = null, string bundle = "b1")
    {
        message ??= Message();
        string content = VerdictIdentity.ContentSha256(message);
        return new JudgedMessage
        {
            Message = message,
            MessageId = message.Id!,
            VerdictId = VerdictIdentity.VerdictId(message.Id!, content, bundle, "r1"),
            ContentSha256 = content,
            Action = action,
            Channel = message.Channel,
            Scores = scores ?? new Scores(0.2, 0.7, 0.1, 0.4),
            Authorship = Authorship.Human,
            Manipulation = new Dictionary<string, double?> { ["urgency_scarcity"] = 0.4, ["fear"] = null },
            Criteria = new Dictionary<string, double?> { ["mean_loglik"] = -2.7, ["binoculars"] = null },
            Decided = new Decided(MailKind.Spam, ["urgency_scarcity"]),
            Evidence = [new Evidence("likelihood", -2.7, 0.3, "The words are less predictable than usual.", [new EvidenceSpan("text", 0, 6, 0.9)])],
            FalsePositiveRate = new Dictionary<string, FalsePositiveRate> { ["spam"] = new(0.02, 3511, "email") },
            Tokens = 12,
            Bundle = new BundleIdentity("compact", "1", bundle),
            Config = "c1",
            ProcessedAt = processedAt ?? Time,
            AcceptedAt = processedAt ?? Time,
            TokenScores = new TokenScoreMap([0, 6], [6, 11], [float.NaN, -1.5f], [-1, 3], [float.NaN, 2.5f]),
        };
    }

    /// <summary>On a judged message; says that its mail is spam.</summary>
    public static ModeratorDecision Decision(JudgedMessage judged, string id = "d1", DecidedMail? mail = DecidedMail.Spam, string? undoes = null) => new()
    {
        DecisionId = id,
        MessageId = judged.MessageId,
        VerdictId = judged.VerdictId,
        ContentSha256 = judged.ContentSha256,
        Labels = new DecisionLabels(null, mail, new Dictionary<string, bool> { ["urgency_scarcity"] = true }),
        Moderator = "local",
        DecidedAt = Time,
        Undoes = undoes,
        Bundle = judged.Bundle,
        Seen = judged.Scores,
    };
}
