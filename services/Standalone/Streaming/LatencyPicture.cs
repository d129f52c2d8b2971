using System.Globalization;
using ScottPlot;

namespace Detection.Standalone.Streaming;

/// <summary>Latency over time as a picture, a line a stage.</summary>
internal static class LatencyPicture
{
    private static readonly Color[] Colours = [Colors.SteelBlue, Colors.SeaGreen, Colors.DarkOrange, Colors.Red, Colors.Purple, Colors.Gray];

    /// <summary>The 95th percentile of each half second (milliseconds, a logarithmic scale) over the seconds of a stage, 960 × 540 pixels on white.</summary>
    public static void Draw(StreamBenchReport report, string png)
    {
        using var plot = new Plot();
        foreach (var (stage, colour) in report.Stages.Zip(Colours))
        {
            if (stage.OverTime.Count == 0) continue;
            var line = plot.Add.ScatterLine(stage.OverTime.Select(one => one.At).ToArray(), stage.OverTime.Select(one => Math.Log10(Math.Max(0.1, one.Seconds * 1000))).ToArray(), colour);
            line.LineWidth = 2;
            line.LegendText = string.Create(CultureInfo.InvariantCulture, $"{stage.Name}: {stage.Offered:N0}/s");
        }
        plot.Title($"{report.Stream} and {report.Store}, {report.Scorer}: from due to acknowledged, 95th percentile");
        plot.XLabel("seconds");
        plot.YLabel("milliseconds");
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual(
            [.. Enumerable.Range(-1, 8).Select(power => new Tick(power, Math.Pow(10, power).ToString("#,0.#", CultureInfo.InvariantCulture)))]);
        plot.ShowLegend(Alignment.UpperLeft);
        plot.SavePng(png, 960, 540);
    }
}
