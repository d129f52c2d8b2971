using System.Text.Json;
using Detection.Contracts;
using Detection.Streaming;

namespace Detection.Detector;

/// <summary>A verdict as it goes out: its JSON alone, no message, keyed by the message's id, with CloudEvents headers and the trace of its processing.</summary>
internal static class VerdictRecord
{
    public const string Type = "detection.verdict.v1";

    public static OutgoingRecord Of(JudgedMessage judged, string? traceParent) => new(judged.MessageId, JsonSerializer.SerializeToUtf8Bytes<Verdict>(judged, ContractJson.Options),
        CloudEventHeaders.For(judged.VerdictId, "/detection/verdicts", Type, judged.ProcessedAt, "application/json", traceParent));
}
