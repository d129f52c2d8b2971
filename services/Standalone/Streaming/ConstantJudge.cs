using Detection.Contracts;

namespace Detection.Standalone.Streaming;

/// <summary>Says the same of every message, without reading it: what is left is the transport.</summary>
internal static class ConstantJudge
{
    private static readonly BundleIdentity Bundle = new("constant", "1", new string('0', 64));

    public static IReadOnlyList<JudgedMessage> Judge(IReadOnlyList<Message> messages, CancellationToken cancellation) => [.. messages.Select(Judge)];

    private static JudgedMessage Judge(Message message)
    {
        string content = VerdictIdentity.ContentSha256(message);
        var now = TimeProvider.System.GetUtcNow();
        return new JudgedMessage
        {
            Message = message,
            MessageId = message.Id!,
            VerdictId = VerdictIdentity.VerdictId(message.Id!, content, Bundle.Sha256, "constant"),
            ContentSha256 = content,
            Channel = message.Channel,
            Scores = new Scores(0.1, 0.1, 0.1, 0.1),
            Decided = new Decided(MailKind.Unsure, []),
            Bundle = Bundle,
            Config = "constant",
            ProcessedAt = now,
            AcceptedAt = now,
        };
    }
}
