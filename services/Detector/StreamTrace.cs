using System.Diagnostics;
using Detection.Streaming;

namespace Detection.Detector;

/// <summary>The trace that a record carries through judging into the verdict and the store. OpenTelemetry messaging conventions.</summary>
internal static class StreamTrace
{
    /// <summary>The span of one message's processing, child of the sender's; null while nobody listens.</summary>
    public static Activity? Process(Delivery delivery) => DetectorMetrics.Activities.StartActivity($"process {delivery.Topic}", ActivityKind.Consumer, CloudEventHeaders.Trace(delivery) ?? default)
        ?.SetTag("messaging.operation.type", "process").SetTag("messaging.destination.name", delivery.Topic)
        .SetTag("messaging.destination.partition.id", delivery.Partition).SetTag("messaging.kafka.offset", delivery.Offset);
}
