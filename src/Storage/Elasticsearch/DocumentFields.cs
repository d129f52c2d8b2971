using System.Text.Json.Serialization;
using Detection.Contracts;

namespace Detection.Storage.Elasticsearch;

/// <summary>What a mail is asked for under Elastic Common Schema's names; all of it stands in <c>message</c> too. https://www.elastic.co/docs/reference/ecs/ecs-email</summary>
internal sealed record EmailFields(
    [property: JsonPropertyName("message_id")] string MessageId, string? Subject, EmailAddresses? From, EmailAddresses? To, [property: JsonPropertyName("reply_to")] EmailAddresses? ReplyTo,
    [property: JsonPropertyName("origination_timestamp")] DateTimeOffset? Originated, [property: JsonPropertyName("delivery_timestamp")] DateTimeOffset? Delivered, IReadOnlyList<EmailAttachment>? Attachments)
{
    // Of a mail with thousands of attachments or recipients the first are enough to search by.
    private const int MaxRepeated = 100;

    public static EmailFields Of(JudgedMessage judged)
    {
        var message = judged.Message;
        var to = message.Recipients?.Select(recipient => recipient.Address).OfType<string>().Take(MaxRepeated).ToArray();
        return new(judged.MessageId, message.Subject, Addresses(message.Author?.Address), to is null ? null : new(to), Addresses(message.ReplyTo), message.SentAt, message.ReceivedAt,
            message.Attachments is { Count: > 0 } attachments ? [.. attachments.Take(MaxRepeated).Select(file => new EmailAttachment(new(file.Name, file.ContentType, file.Size)))] : null);
    }

    private static EmailAddresses? Addresses(string? address) => address is null ? null : new([address]);
}

internal sealed record EmailAddresses(IReadOnlyList<string> Address);

internal sealed record EmailAttachment(EmailFile File);

internal sealed record EmailFile(string? Name, [property: JsonPropertyName("mime_type")] string? MimeType, long Size);

/// <summary>What the store computes to search, sort and count by. Times in ticks (100 ns since year 1, UTC): the server's dates are too coarse to order by. The time ingested is added when it is sent.</summary>
internal sealed record Derived(IEnumerable<string> Authors, string? Account, int Rank, double Suspicion, long Processed, long Hour)
{
    public static Derived Of(JudgedMessage judged) => new(Keeping.AuthorNames(judged.Message), Keeping.Account(judged.Message), Keeping.Rank(judged.Action), Keeping.Suspicion(judged.Scores),
        judged.ProcessedAt.UtcTicks, judged.ProcessedAt.UtcTicks / TimeSpan.TicksPerHour);
}
