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
    public static void Draw(IReadOnlyList<TrainingProgress> log, string png, string title) => Draw(
        [new Curve("training", 1, Losses(log)), new Curve("validation", 3, [.. log.Where(line => line.ValidationLoss is not null).Select(line => (line.Tokens, line.ValidationLoss!.Value))])], png, title);

    /// <summary>Draws the training losses of several runs, by their names; only of models with one vocabulary do they say which is better.</summary>
    public static void Compare(IReadOnlyList<(string Name, IReadOnlyList<TrainingProgress> Log)> runs, string png, string title) =>
        Draw([.. runs.Select(run => new Curve(run.Name, 2, Losses(run.Log)))], png, title);

    private static (long, double)[] Losses(IReadOnlyList<TrainingProgress> log) => [.. log.Select(line => (line.Tokens, line.Loss))];

    private static void Draw(IReadOnlyList<Curve> curves, string png, string title)
    {
        using var plot = new Plot();
        foreach (var curve in curves.Where(curve => curve.Points.Count > 0))
        {
            var line = plot.Add.ScatterLine(curve.Points.Select(one => one.Tokens / 1e6).ToArray(), curve.Points.Select(one => one.Loss).ToArray());
            (line.LineWidth, line.LegendText) = (curve.Width, curve.Name);
        }
        plot.Title(title);
        plot.XLabel("tokens read (millions)");
        plot.YLabel("loss (nats a token)");
        plot.ShowLegend(Alignment.UpperRight);
        double[] losses = [.. curves.SelectMany(curve => curve.Points).Select(point => point.Loss)], lowest = [.. curves.Where(curve => curve.Points.Count > 0).Select(curve => curve.Points.Min(point => point.Loss))];
        // The fall from log(vocabulary) takes a few steps and would flatten all that follows.
        if (losses.Length > 0) plot.Axes.SetLimitsY(losses.Min() - 0.1, Math.Min(losses.Max(), lowest.Max() + 3));
        plot.SavePng(png, 960, 540);
    }

    private sealed record Curve(string Name, float Width, IReadOnlyList<(long Tokens, double Loss)> Points);
}
