using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Detection.Detector;

/// <summary>All meters and spans of the worker. Names follow OpenTelemetry's messaging and gen_ai conventions where they have one; nothing holds message content.</summary>
internal static class DetectorMetrics
{
    public const string Name = "Detection.Detector";

    public static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Messages = Meter.CreateCounter<long>("detection.messages.judged", "{message}", "Messages judged.");
    private static readonly Counter<long> Tokens = Meter.CreateCounter<long>("gen_ai.client.token.usage", "{token}", "Tokens read by the model.");
    private static readonly Counter<long> DeadLetters = Meter.CreateCounter<long>("detection.messages.dead_lettered", "{message}", "Messages that could not be processed.");
    private static readonly Histogram<int> Batches = Meter.CreateHistogram<int>("detection.batch.size", "{message}", "Messages in one batch of the model.");
    private static readonly Histogram<double> Latency = Meter.CreateHistogram<double>("messaging.process.duration", "s", "From handing a message in to its verdict.");

    public static void Judged(int messages, long tokens, IEnumerable<TimeSpan> latencies)
    {
        Messages.Add(messages);
        Tokens.Add(tokens);
        Batches.Record(messages);
        foreach (var latency in latencies) Latency.Record(latency.TotalSeconds);
    }

    public static void DeadLettered(string exception) => DeadLetters.Add(1, new KeyValuePair<string, object?>("error.type", exception));
}
