using System.Globalization;
using Spectre.Console;

namespace Detection.Standalone.Streaming;

/// <summary>The figures of <c>bench --stream</c> under fixed names, and as tables for people.</summary>
/// <param name="StoreAlone">Documents a second through this program's writing path to the store, without a stream.</param>
/// <param name="StoreBulk">Documents a second through the server's own bulk API; null where there is none.</param>
internal sealed record StreamBenchReport(string Stream, string Store, string Scorer, int Bytes, double RefreshSeconds, double StoreAlone, double? StoreBulk, double Capacity, long Lost, IReadOnlyList<StageFigures> Stages)
{
    public object Fields() => new
    {
        stream = Stream,
        store = Store,
        scorer = Scorer,
        bytes = Bytes,
        refreshIntervalSeconds = RefreshSeconds,
        storeAlonePerSecond = StoreAlone,
        storeBulkPerSecond = StoreBulk,
        capacityPerSecond = Capacity,
        shareOfStore = Capacity / (StoreBulk ?? StoreAlone),
        lost = Lost,
        stages = Stages.Select(stage => new
        {
            name = stage.Name,
            offeredPerSecond = stage.Offered,
            sustainedPerSecond = stage.Sustained,
            sent = stage.Sent,
            acknowledged = stage.Acknowledged,
            refused = stage.Refused,
            deadLetters = stage.DeadLetters,
            dropped = stage.Dropped,
            acknowledgedSeconds = stage.AcknowledgedAfter,
            searchableSeconds = stage.SearchableAfter,
            longestQueue = stage.LongestQueue,
            memoryBytes = stage.Memory,
            serviceSeconds = stage.Times,
            predicted = stage.Predicted,
        }),
    };

    public IEnumerable<Table> Tables()
    {
        var head = new Table().Border(TableBorder.Minimal).AddColumns("", "").HideHeaders();
        head.AddRow("stream, store", Markup.Escape($"{Stream}, {Store}"));
        head.AddRow("scorer", Markup.Escape(Scorer));
        head.AddRow("messages", Text($"{Bytes} bytes"));
        head.AddRow("refresh interval", Text($"{RefreshSeconds:0.###} s"));
        head.AddRow("capacity", Text($"{Capacity:N0} messages/s"));
        head.AddRow("the store alone", Text($"{StoreAlone:N0} documents/s"));
        if (StoreBulk is { } bulk) head.AddRow("the server's bulk API", Text($"{bulk:N0} documents/s"));
        head.AddRow("share", Text($"the path does {Capacity / (StoreBulk ?? StoreAlone):P0} of what the store does"));
        head.AddRow("lost", Text($"{Lost}"));
        yield return head;

        var speed = new Table().Border(TableBorder.Minimal).AddColumns("load", "offered/s", "sustained/s", "acknowledged, ms", "searchable, ms");
        var rest = new Table().Border(TableBorder.Minimal).AddColumns("load", "refused", "dead letters", "dropped", "longest queue", "memory, MiB");
        var beside = new Table().Border(TableBorder.Minimal).AddColumns("load", "simulated/s", "sustained/s", "simulated, ms", "acknowledged, ms");
        var parts = new Table().Border(TableBorder.Minimal).AddColumns("load", "model, ms", "store, ms", "completing, ms");
        foreach (var stage in Stages)
        {
            speed.AddRow(stage.Name, Text($"{stage.Offered:N0}"), Text($"{stage.Sustained:N0}"), Milliseconds(stage.AcknowledgedAfter), Milliseconds(stage.SearchableAfter));
            rest.AddRow(stage.Name, Text($"{stage.Refused}"), Text($"{stage.DeadLetters}"), Text($"{stage.Dropped}"), Text($"{stage.LongestQueue:N0}"), stage.Memory is [var first, .., var last] ? Text($"{first >> 20} to {last >> 20}") : "");
            beside.AddRow(stage.Name, stage.Predicted is { } run ? Text($"{run.Throughput:N0}") : "none", Text($"{stage.Sustained:N0}"),
                stage.Predicted is { } simulated ? Text($"{simulated.P50 * 1000:0}, {simulated.P95 * 1000:0}") : "none", Text($"{stage.AcknowledgedAfter.P50 * 1000:0}, {stage.AcknowledgedAfter.P95 * 1000:0}"));
            parts.AddRow(stage.Name, Line(stage.Times.Judge), Line(stage.Times.Store), Line(stage.Times.Complete));
        }
        speed.Caption = new TableTitle("p50, p95, p99 from when a message was due");
        yield return speed;
        yield return rest;
        beside.Caption = new TableTitle("p50, p95; simulated from the times below");
        parts.Caption = new TableTitle("what a batch of n took, fitted (mean n)");
        yield return beside;
        yield return parts;
    }

    private static string Line(FittedTimes? times) => times is null ? "none" : Text($"{times.PerBatch * 1000:0.0} + {times.PerItem * 1000:0.000} n ({times.MeanBatch:0})");

    private static string Milliseconds(Percentiles seconds) => seconds.Count == 0 ? "none" : Text($"{seconds.P50 * 1000:0}, {seconds.P95 * 1000:0}, {seconds.P99 * 1000:0}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
