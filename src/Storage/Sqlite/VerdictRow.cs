using System.Text;
using System.Text.Json;
using Detection.Contracts;

namespace Detection.Storage.Sqlite;

/// <summary>A judged message made ready to be written: columns, JSON and packed token scores.</summary>
internal sealed record VerdictRow(JudgedMessage Judged, string Json, byte[]? TokenScores)
{
    private const int MaxIdCharacters = 2048;

    /// <summary>The row, or the reason why the message cannot be stored.</summary>
    public static (VerdictRow? Row, string? Reason) From(JudgedMessage judged, VerdictStoreOptions options)
    {
        foreach (var (name, id) in new[] { ("verdictId", judged.VerdictId), ("messageId", judged.MessageId), ("contentSha256", judged.ContentSha256) })
            if (string.IsNullOrEmpty(id) || id.Length > MaxIdCharacters) return (null, $"{name}: must have 1 to {MaxIdCharacters} characters.");
        byte[]? scores = options.StoreBodies && judged.TokenScores is { } map ? map.Pack() : null;
        if (scores?.Length > options.MaxTokenScoreBytes) scores = null;
        var kept = judged with { TokenScores = null, Decision = null, Message = options.StoreBodies ? judged.Message : WithoutBody(judged.Message) };
        try
        {
            string json = JsonSerializer.Serialize(kept, ContractJson.Options);
            int bytes = Encoding.UTF8.GetByteCount(json);
            return bytes <= options.MaxDocumentBytes ? (new VerdictRow(judged, json, scores), null) : (null, $"The judged message has {bytes} bytes as JSON; at most {options.MaxDocumentBytes} (MaxDocumentBytes) are stored.");
        }
        catch (ArgumentException notJson)
        {
            // A score that is no number: JSON has no NaN.
            return (null, $"The judged message cannot be written as JSON: {notJson.Message}");
        }
    }

    /// <summary>What <see cref="VerdictOrder.MostSuspicious"/> orders by within an action: the largest score, -1 where there is none.</summary>
    public double Suspicion
    {
        get
        {
            var scores = Judged.Scores;
            return new[] { scores.Synthetic, scores.Spam, scores.Phishing, scores.Manipulation }.Max() ?? -1;
        }
    }

    /// <summary>Names under which the author can be asked for, lower-case.</summary>
    public IEnumerable<string> AuthorNames => Judged.Message.Author is { } author
        ? new[] { author.Id, author.Name, author.Address }.OfType<string>().Where(name => name.Length is > 0 and <= MaxIdCharacters).Select(name => name.ToLowerInvariant()).Distinct()
        : [];

    private static Message WithoutBody(Message message) => message with
    {
        Text = null,
        Html = null,
        Raw = null,
        Hidden = message.Hidden is null ? null : [.. message.Hidden.Select(hidden => hidden with { Text = "" })],
        Links = message.Links is null ? null : [.. message.Links.Select(link => link with { Text = "" })],
    };
}
