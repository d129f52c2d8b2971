using System.Diagnostics;
using System.Diagnostics.Metrics;
using Detection.Contracts;

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

    /// <summary>One batch, by the model that gave the verdict: of a cascade the shares of both are seen.</summary>
    public static void Judged(IReadOnlyList<JudgedMessage> judged, IEnumerable<TimeSpan> latencies)
    {
        foreach (var model in judged.GroupBy(one => one.Bundle.Name, StringComparer.Ordinal))
        {
            var name = new KeyValuePair<string, object?>("gen_ai.request.model", model.Key);
            Messages.Add(model.Count(), name);
            Tokens.Add(model.Sum(one => (long)one.Tokens), name);
        }
        Batches.Record(judged.Count);
        foreach (var latency in latencies) Latency.Record(latency.TotalSeconds);
    }

    public static void DeadLettered(string exception) => DeadLetters.Add(1, new KeyValuePair<string, object?>("error.type", exception));
}
