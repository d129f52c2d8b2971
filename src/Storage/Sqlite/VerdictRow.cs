using System.Text;
using System.Text.Json;
using Detection.Contracts;

namespace Detection.Storage.Sqlite;

/// <summary>A judged message made ready to be written: columns, JSON and packed token scores.</summary>
internal sealed record VerdictRow(JudgedMessage Judged, string Json, byte[]? TokenScores)
{
    /// <summary>The row, or the reason why the message cannot be stored.</summary>
    public static (VerdictRow? Row, string? Reason) From(JudgedMessage judged, VerdictStoreOptions options)
    {
        if (Keeping.Refusal(judged) is { } refusal) return (null, refusal);
        var kept = Keeping.Keep(judged, options.Bodies, options.MaxTokenScoreBytes);
        try
        {
            string json = JsonSerializer.Serialize(kept with { TokenScores = null }, ContractJson.Options);
            int bytes = Encoding.UTF8.GetByteCount(json);
            return bytes <= options.MaxDocumentBytes
                ? (new VerdictRow(kept, json, kept.TokenScores?.Pack()), null)
                : (null, $"The judged message has {bytes} bytes as JSON; at most {options.MaxDocumentBytes} (MaxDocumentBytes) are stored.");
        }
        catch (ArgumentException notJson)
        {
            // A score that is no number: JSON has no NaN.
            return (null, $"The judged message cannot be written as JSON: {notJson.Message}");
        }
    }
}
