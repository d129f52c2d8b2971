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
        [new Curve("training", 1, Losses(log)), new Curve("validation", 3, [.. log.Where(line => line.ValidationLoss is not null).Select(line => ((double)line.Tokens, line.ValidationLoss!.Value))])], png, title, "tokens read (millions)", "loss (nats a token)");

    /// <summary>Draws the training losses of several runs, each called as its folder: bits a byte over the text read (megabytes), so that runs of unlike vocabularies compare.</summary>
    /// <param name="folders">Of <see cref="LanguageModelTraining"/>: its log, its tokens and its tokenizer are read.</param>
    public static void Compare(IReadOnlyList<string> folders, string png, string title) => Draw([.. folders.Select(folder =>
    {
        double bytes = LanguageModelTraining.BytesPerToken(folder);
        return new Curve(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), 2,
            [.. Losses(Read(Path.Combine(folder, LanguageModelTraining.LogName))).Select(point => (point.Tokens * bytes, point.Loss / Math.Log(2) / bytes))]);
    })], png, title, "text read (MB)", "loss (bits a byte)");

    private static (double Tokens, double Loss)[] Losses(IReadOnlyList<TrainingProgress> log) => [.. log.Select(line => ((double)line.Tokens, line.Loss))];

    private static void Draw(IReadOnlyList<Curve> curves, string png, string title, string read, string lost)
    {
        using var plot = new Plot();
        foreach (var curve in curves.Where(curve => curve.Points.Count > 0))
        {
            var line = plot.Add.ScatterLine(curve.Points.Select(one => one.Read / 1e6).ToArray(), curve.Points.Select(one => one.Loss).ToArray());
            (line.LineWidth, line.LegendText) = (curve.Width, curve.Name);
        }
        plot.Title(title);
        plot.XLabel(read);
        plot.YLabel(lost);
        plot.ShowLegend(Alignment.UpperRight);
        double[] losses = [.. curves.SelectMany(curve => curve.Points).Select(point => point.Loss)], lowest = [.. curves.Where(curve => curve.Points.Count > 0).Select(curve => curve.Points.Min(point => point.Loss))];
        // The fall from log(vocabulary) takes a few steps and would flatten all that follows.
        if (losses.Length > 0) plot.Axes.SetLimitsY(losses.Min() - 0.1, Math.Min(losses.Max(), lowest.Max() + 3));
        plot.SavePng(png, 960, 540);
    }

    private sealed record Curve(string Name, float Width, IReadOnlyList<(double Read, double Loss)> Points);
}
