using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Detection.Streaming;

/// <summary>How much of a stream is unfinished. <paramref name="OldestAge"/>: time since the oldest unfinished record was accepted, zero where there is none.</summary>
public sealed record StreamDepth(long Unfinished, int InFlight, long InFlightBytes, TimeSpan OldestAge, long DeadLetters);

/// <summary>All instruments of <c>Detection.Streaming</c>; names from the OpenTelemetry messaging conventions, <c>detection.*</c> where they have none.</summary>
internal sealed class StreamMetrics : IDisposable
{
    public const string MeterName = "Detection.Streaming";

    private readonly Meter _meter = new(MeterName);
    private readonly KeyValuePair<string, object?>[] _tags;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _consumed;
    private readonly Counter<long> _deadLettered;
    private readonly Histogram<double> _operation;

    /// <param name="system">messaging.system</param>
    /// <param name="destination">messaging.destination.name</param>
    /// <param name="depth">Read when the gauges are collected; null while the stream is not open.</param>
    public StreamMetrics(string system, string destination, Func<StreamDepth?> depth)
    {
        _tags = [new("messaging.system", system), new("messaging.destination.name", destination)];
        _sent = _meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Records accepted durably.");
        _consumed = _meter.CreateCounter<long>("messaging.client.consumed.messages", "{message}", "Deliveries handed out, redeliveries included.");
        _deadLettered = _meter.CreateCounter<long>("detection.stream.dead_lettered", "{message}", "Deliveries moved to the dead letters.");
        _operation = _meter.CreateHistogram<double>("messaging.client.operation.duration", "s", "Time of a send or settle call until it is durable.");
        Gauge("detection.stream.depth", "{message}", "Records not finished.", now => now.Unfinished);
        Gauge("detection.stream.oldest.age", "s", "Age of the oldest unfinished record.", now => now.OldestAge.TotalSeconds);
        Gauge("detection.stream.in_flight", "{message}", "Deliveries handed out and not finished.", now => now.InFlight);
        Gauge("detection.stream.in_flight.bytes", "By", "Bytes of the deliveries in flight.", now => now.InFlightBytes);
        Gauge("detection.stream.dead_letters", "{message}", "Dead letters that wait for a person.", now => now.DeadLetters);

        void Gauge(string name, string unit, string description, Func<StreamDepth, double> value) =>
            _meter.CreateObservableGauge(name, () => depth() is { } now ? [new Measurement<double>(value(now), _tags)] : Array.Empty<Measurement<double>>(), unit, description);
    }

    public void Sent(int records, long started)
    {
        _sent.Add(records, _tags);
        Took("send", started);
    }

    public void Consumed(int deliveries) => _consumed.Add(deliveries, _tags);

    public void Settled(long started) => Took("settle", started);

    public void DeadLettered(string exception) => _deadLettered.Add(1, [.. _tags, new("error.type", exception)]);

    public void Dispose() => _meter.Dispose();

    private void Took(string operation, long started) =>
        _operation.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, [.. _tags, new("messaging.operation.type", operation)]);
}
