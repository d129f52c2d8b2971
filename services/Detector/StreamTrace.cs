using System.Diagnostics;
using Detection.Contracts;
using Detection.Streaming;

namespace Detection.Detector;

/// <summary>The trace that a record carries (W3C <c>traceparent</c>) through judging into the verdict and the store. OpenTelemetry messaging conventions.</summary>
internal static class StreamTrace
{
    /// <summary>The span of one message's processing, child of the sender's; null while nobody listens.</summary>
    public static Activity? Process(Delivery delivery)
    {
        string? parent = delivery.Headers.LastOrDefault(header => header.Key.Equals("traceparent", StringComparison.OrdinalIgnoreCase)).Value;
        ActivityContext.TryParse(parent, null, isRemote: true, out var sender);
        var process = DetectorMetrics.Activities.StartActivity($"process {delivery.Topic}", ActivityKind.Consumer, sender);
        return process?.SetTag("messaging.operation.type", "process").SetTag("messaging.destination.name", delivery.Topic)
            .SetTag("messaging.destination.partition.id", delivery.Partition).SetTag("messaging.kafka.offset", delivery.Offset);
    }
}
