using Detection.Contracts;

namespace Detection.Storage;

/// <summary>What every store does with a judged message before it is written, and what it derives from one to search and sort by. Pure.</summary>
internal static class Keeping
{
    public const int MaxIdCharacters = 2048;

    /// <summary>Why the message cannot be stored; null: it can.</summary>
    public static string? Refusal(JudgedMessage judged)
    {
        foreach (var (name, id) in new[] { ("verdictId", judged.VerdictId), ("messageId", judged.MessageId), ("contentSha256", judged.ContentSha256) })
            if (string.IsNullOrEmpty(id) || id.Length > MaxIdCharacters) return $"{name}: must have 1 to {MaxIdCharacters} characters.";
        return null;
    }

    /// <summary>Without the decision, which belongs to its history, and without what <paramref name="bodies"/> and the limit leave out.</summary>
    public static JudgedMessage Keep(JudgedMessage judged, StoredBodies bodies, int maxTokenScoreBytes)
    {
        var kept = bodies switch
        {
            StoredBodies.Off => judged with { Message = WithoutBody(judged.Message), TokenScores = null },
            StoredBodies.Redacted => Redacted(judged),
            _ => judged,
        };
        return kept with { Decision = null, TokenScores = kept.TokenScores is { } scores && PackedBytes(scores) <= maxTokenScoreBytes ? scores : null };
    }

    /// <summary>What <see cref="VerdictOrder.MostSuspicious"/> orders by first: hold, review, allow.</summary>
    public static int Rank(VerdictAction action) => action switch { VerdictAction.Hold => 2, VerdictAction.Review => 1, _ => 0 };

    /// <summary>What <see cref="VerdictOrder.MostSuspicious"/> orders by within an action: the largest score, -1 where there is none.</summary>
    public static double Suspicion(Scores scores) => new[] { scores.Synthetic, scores.Spam, scores.Phishing, scores.Manipulation }.Max() ?? -1;

    /// <summary>Names under which the author can be asked for, lower-case.</summary>
    public static IEnumerable<string> AuthorNames(Message message) => message.Author is { } author
        ? new[] { author.Id, author.Name, author.Address }.OfType<string>().Where(name => name.Length is > 0 and <= MaxIdCharacters).Select(name => name.ToLowerInvariant()).Distinct()
        : [];

    /// <summary>The one name that counts are kept under: address, else id, else name; lower-case. Null: no author is known.</summary>
    public static string? Account(Message message) => message.Author is { } author
        ? new[] { author.Address, author.Id, author.Name }.FirstOrDefault(name => name is { Length: > 0 and <= MaxIdCharacters })?.ToLowerInvariant()
        : null;

    private static int PackedBytes(TokenScoreMap scores) => 5 + 13 * scores.Count;

    private static JudgedMessage Redacted(JudgedMessage judged)
    {
        var message = Redaction.Message(judged.Message);
        return judged with
        {
            Message = message,
            Evidence = [.. judged.Evidence.Select(evidence => evidence with { Text = Redaction.Text(evidence.Text) })],
            TokenScores = message.Text == judged.Message.Text ? judged.TokenScores : null,
        };
    }

    private static Message WithoutBody(Message message) => message with
    {
        Text = null,
        Html = null,
        Raw = null,
        Hidden = message.Hidden is null ? null : [.. message.Hidden.Select(hidden => hidden with { Text = "" })],
        Links = message.Links is null ? null : [.. message.Links.Select(link => link with { Text = "" })],
    };
}
