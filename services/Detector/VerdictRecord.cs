using System.Diagnostics;
using System.Text.Json;
using Detection.Contracts;
using Detection.Streaming;

namespace Detection.Detector;

/// <summary>A verdict as it goes out: its JSON alone, no message, keyed by the message's id, with CloudEvents headers and the trace of its processing.</summary>
internal static class VerdictRecord
{
    private const string Source = "detection/worker", Type = "detection.verdict.v1";

    public static OutgoingRecord Of(JudgedMessage judged, Activity? process)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes<Verdict>(judged, ContractJson.Options);
        return CloudEventHeaders.WithTrace(CloudEventHeaders.ToRecord(CloudEventHeaders.Event(judged.VerdictId, Source, Type, judged.ProcessedAt, "application/json", json, judged.MessageId)), process);
    }
}
