using System.Text.Json;
using ScottPlot;

namespace Detection.Learning.Pretraining;

/// <summary>The log of a training run as a picture.</summary>
public static class LossCurve
{
    /// <summary>The lines of <c>log.jsonl</c> by step. A run that was killed repeats the steps after its last checkpoint: the later line counts.</summary>
    /// <exception cref="InvalidDataException">Names the file and the line that is no progress; a last line cut short by a kill is left out.</exception>
    public static IReadOnlyList<TrainingProgress> Read(string log)
    {
        var steps = new SortedDictionary<long, TrainingProgress>();
        string[] lines = File.ReadAllLines(log);
        for (int i = 0; i < lines.Length; i++)
            try
            {
                if (JsonSerializer.Deserialize<TrainingProgress>(lines[i], JsonSerializerOptions.Web) is { } progress) steps[progress.Step] = progress;
            }
            catch (JsonException wrong)
            {
                if (i < lines.Length - 1) throw new InvalidDataException($"{log}:{i + 1}: {wrong.Message}", wrong);
            }
        return [.. steps.Values];
    }

    /// <summary>Draws training and validation loss (nats a token) over the tokens read (millions), 960 × 540 pixels on white.</summary>
    public static void Draw(IReadOnlyList<TrainingProgress> log, string png, string title)
    {
        using var plot = new Plot();
        Line("training", log.Select(line => (line.Tokens, line.Loss)), 1, Colors.SteelBlue);
        Line("validation", log.Where(line => line.ValidationLoss is not null).Select(line => (line.Tokens, line.ValidationLoss!.Value)), 3, Colors.DarkOrange);
        plot.Title(title);
        plot.XLabel("tokens read (millions)");
        plot.YLabel("loss (nats a token)");
        plot.ShowLegend(Alignment.UpperRight);
        // The fall from log(vocabulary) takes a few steps and would flatten all that follows.
        if (log.Count > 0) plot.Axes.SetLimitsY(log.Min(line => line.Loss) - 0.1, Math.Min(log.Max(line => line.Loss), log.Min(line => line.Loss) + 3));
        plot.SavePng(png, 960, 540);

        void Line(string name, IEnumerable<(long Tokens, double Loss)> points, float width, Color colour)
        {
            var shown = points.ToArray();
            if (shown.Length == 0) return;
            var line = plot.Add.ScatterLine(shown.Select(one => one.Tokens / 1e6).ToArray(), shown.Select(one => one.Loss).ToArray(), colour);
            line.LineWidth = width;
            line.LegendText = name;
        }
    }
}
