using System.Text.Json;

namespace Detection.EndToEnd.Chaos;

/// <summary>What an auditor reads of a verdict's JSON.</summary>
internal static class Documents
{
    public static SeenVerdict Verdict(JsonElement json) => new(json.GetProperty("messageId").GetString()!, json.GetProperty("verdictId").GetString()!, json.GetProperty("bundle").GetProperty("sha256").GetString()!);

    public static StoredVerdict Stored(JsonElement json) => new(Verdict(json), json.GetProperty("config").GetString()!, json.GetProperty("processedAt").GetDateTimeOffset());
}
