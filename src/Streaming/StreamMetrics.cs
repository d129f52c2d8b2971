using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;

namespace Detection.Streaming;

/// <summary>How much of a stream is unfinished. <paramref name="OldestAge"/>: time since the oldest unfinished record was accepted, zero where there is none.
/// <paramref name="DeadLetters"/>: null where counting them is no small thing.</summary>
public sealed record StreamDepth(long Unfinished, int InFlight, long InFlightBytes, TimeSpan OldestAge, long? DeadLetters);

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
    private readonly Counter<long> _rebalanced;
    private readonly ConcurrentDictionary<int, long> _lag = new();
    private readonly ConcurrentDictionary<string, double> _batches = new();

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
        _rebalanced = _meter.CreateCounter<long>("detection.stream.rebalanced.partitions", "{partition}", "Partitions that came to this worker or went from it.");
        _meter.CreateObservableGauge("detection.stream.lag", () => _lag.Select(one => new Measurement<long>(one.Value, [.. _tags, new("messaging.destination.partition.id", $"{one.Key}")])), "{message}", "Records of a partition of this worker that no position has passed.");
        _meter.CreateObservableGauge("detection.stream.batch.messages", () => _batches.Select(one => new Measurement<double>(one.Value, [_tags[0], new("messaging.destination.name", one.Key)])), "{message}", "Records in a batch sent to a topic, on average.");

        void Gauge(string name, string unit, string description, Func<StreamDepth, double?> value) =>
            _meter.CreateObservableGauge(name, () => depth() is { } now && value(now) is { } measured ? [new Measurement<double>(measured, _tags)] : Array.Empty<Measurement<double>>(), unit, description);
    }

    public void Sent(int records, long started)
    {
        _sent.Add(records, _tags);
        Took("send", started);
    }

    public void Consumed(int deliveries) => _consumed.Add(deliveries, _tags);

    public void Settled(long started) => Took("settle", started);

    public void DeadLettered(string exception) => _deadLettered.Add(1, [.. _tags, new("error.type", exception)]);

    /// <summary>Records that no position has passed, of this worker's partitions, as of the last statistics.</summary>
    public long Lag => _lag.Values.Sum();

    /// <param name="change">assigned, revoked or lost</param>
    public void Rebalanced(string change, int partitions) => _rebalanced.Add(partitions, [.. _tags, new("detection.stream.rebalance", change)]);

    /// <summary>librdkafka's statistics of a consumer (https://github.com/confluentinc/librdkafka/blob/master/STATISTICS.md).</summary>
    /// <param name="position">This worker's position in a partition; null: it has none of its own yet, the committed one counts.</param>
    public void Statistics(string json, Func<int, long?> position)
    {
        HashSet<int> assigned = [];
        foreach (var (_, topic) in Topics(json))
            foreach (var partition in topic.GetProperty("partitions").EnumerateObject().Select(one => one.Value))
            {
                // -1 is no partition but what waits for one; the end that read_committed sees is the last stable offset.
                if (partition.GetProperty("partition").GetInt32() is not (>= 0 and var id) || partition.GetProperty("fetch_state").GetString() == "none") continue;
                long end = partition.GetProperty("ls_offset").GetInt64(), at = position(id) ?? partition.GetProperty("committed_offset").GetInt64();
                if (at < 0) at = partition.GetProperty("lo_offset").GetInt64();
                if (end < 0 || at < 0) continue;
                assigned.Add(id);
                _lag[id] = Math.Max(0, end - at);
            }
        foreach (int gone in _lag.Keys.Except(assigned)) _lag.TryRemove(gone, out _);
    }

    /// <summary>librdkafka's statistics of a producer.</summary>
    public void Statistics(string json)
    {
        foreach (var (name, topic) in Topics(json))
            if (topic.TryGetProperty("batchcnt", out var batch) && batch.GetProperty("cnt").GetInt64() > 0) _batches[name] = batch.GetProperty("avg").GetDouble();
    }

    private static List<(string Name, JsonElement Topic)> Topics(string json)
    {
        using var statistics = JsonDocument.Parse(json);
        return statistics.RootElement.TryGetProperty("topics", out var topics) ? [.. topics.EnumerateObject().Select(topic => (topic.Name, topic.Value.Clone()))] : [];
    }

    public void Dispose() => _meter.Dispose();

    private void Took(string operation, long started) =>
        _operation.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, [.. _tags, new("messaging.operation.type", operation)]);
}
