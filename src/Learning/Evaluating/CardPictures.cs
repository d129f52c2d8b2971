using System.Globalization;
using Detection.Learning.Heads;
using Detection.Learning.Metrics;
using ScottPlot;

namespace Detection.Learning.Evaluating;

/// <summary>The figures of a model card as pictures (PNG, on white): each text once, all sources together.</summary>
internal static class CardPictures
{
    private const int Bins = 10, Bars = 25, Panel = 480, Height = 520;

    private static readonly Color Negative = Colors.SteelBlue, Positive = Colors.DarkOrange;
    private static readonly Dictionary<string, Color> Curve = new(StringComparer.Ordinal) { ["authorship"] = Colors.SteelBlue, ["spam"] = Colors.DarkOrange, ["phishing"] = Colors.SeaGreen };

    /// <summary>Draws what there are rows of both answers for; earlier pictures go.</summary>
    /// <returns>File names.</returns>
    public static IReadOnlyList<string> Draw(CardReport report, string folder)
    {
        foreach (string earlier in new[] { ModelCard.Roc, ModelCard.Reliability, ModelCard.Distributions }) File.Delete(Path.Combine(folder, earlier));
        QuestionReport[] drawn = [.. report.Questions.Where(question => question.Scores.Any(one => one.Positive) && question.Scores.Any(one => !one.Positive))];
        if (drawn.Length == 0) return [];
        Roc(drawn, Path.Combine(folder, ModelCard.Roc));
        Panels(drawn, Reliability, Path.Combine(folder, ModelCard.Reliability));
        Panels(drawn, Distribution, Path.Combine(folder, ModelCard.Distributions));
        return [ModelCard.Roc, ModelCard.Reliability, ModelCard.Distributions];
    }

    /// <summary>Share found over share flagged, on a log axis from the rarest rate that the rows can show; left of 1/n nothing is known.</summary>
    private static void Roc(QuestionReport[] questions, string png)
    {
        using var plot = new Plot();
        double rarest = Math.Log10(questions.Min(question => 1.0 / question.Scores.Count(one => !one.Positive)));
        foreach (var question in questions)
        {
            var (rates, found) = CurveOf(question.Scores);
            var curve = plot.Add.ScatterLine(rates.Select(Math.Log10).ToArray(), found, Curve[question.Question]);
            curve.LineWidth = 2;
            curve.LegendText = string.Create(CultureInfo.InvariantCulture, $"{question.Question}: {question.Scores.Count(one => !one.Positive):N0} {question.Negatives}, {question.Scores.Count(one => one.Positive):N0} {question.Positives}");
        }
        double[] chance = [.. Enumerable.Range(0, 101).Select(step => rarest * (100 - step) / 100)];
        var diagonal = plot.Add.ScatterLine(chance, [.. chance.Select(rate => Math.Pow(10, rate))], Colors.Gray);
        diagonal.LinePattern = LinePattern.Dotted;
        diagonal.LegendText = "chance";
        double[] ticks = [.. new[] { 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1 }.Where(tick => Math.Log10(tick) >= rarest - 1e-9)];
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual([.. ticks.Select(Math.Log10)], [.. ticks.Select(Share)]);
        plot.Axes.SetLimits(rarest, 0, -0.01, 1.01);
        plot.Axes.Right.MinimumSize = 30; // half of the last label
        plot.Title("ROC: one threshold over all sources");
        plot.XLabel("share of people (ham) flagged");
        plot.YLabel("share of machines (spam, phishing) found");
        plot.ShowLegend(Edge.Bottom);
        plot.SavePng(png, 960, 720);
    }

    /// <summary>After each score, from the first negative on: a log axis has no place for none flagged.</summary>
    private static (double[] Rates, double[] Found) CurveOf(IReadOnlyList<ScoredText> scores)
    {
        int negatives = scores.Count(one => !one.Positive), flagged = 0, found = 0;
        List<double> rates = [], shares = [];
        foreach (var tie in scores.GroupBy(one => one.Margin).OrderByDescending(group => group.Key))
        {
            int here = tie.Count(one => one.Positive);
            found += here;
            flagged += tie.Count() - here;
            if (flagged == 0) continue;
            rates.Add(flagged / (double)negatives);
            shares.Add(found / (double)(scores.Count - negatives));
        }
        return ([.. rates], [.. shares]);
    }

    /// <summary>Observed over predicted share of positives in ten bins of equal width, with Wilson's intervals and the number of texts above.</summary>
    private static void Reliability(QuestionReport question, Plot plot)
    {
        var diagonal = plot.Add.Line(0, 0, 1, 1);
        (diagonal.LineColor, diagonal.LinePattern, diagonal.LegendText) = (Colors.Gray, LinePattern.Dotted, "as predicted");
        List<double> predicted = [], observed = [];
        foreach (var bin in question.Scores.GroupBy(one => BinOf(one.Probability, Bins)).OrderBy(bin => bin.Key))
        {
            int positives = bin.Count(one => one.Positive), all = bin.Count();
            double at = bin.Average(one => one.Probability);
            var interval = Interval.Wilson(positives, all);
            var whisker = plot.Add.Line(at, interval.Low, at, interval.High);
            (whisker.LineColor, whisker.LineWidth) = (Curve[question.Question], 1.5f);
            var count = plot.Add.Text(all.ToString("N0", CultureInfo.InvariantCulture), (bin.Key + 0.5) / Bins, 1.06);
            (count.LabelAlignment, count.LabelFontSize, count.LabelFontColor) = (Alignment.MiddleCenter, 11, Colors.Black);
            predicted.Add(at);
            observed.Add(positives / (double)all);
        }
        var points = plot.Add.Scatter(predicted.ToArray(), observed.ToArray(), Curve[question.Question]);
        (points.LineWidth, points.MarkerSize, points.LegendText) = (1, 8, "observed, 95 %");
        plot.Axes.SetLimits(-0.02, 1.02, -0.02, 1.12);
        plot.Axes.Left.TickGenerator = plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual([0, 0.2, 0.4, 0.6, 0.8, 1], ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        plot.XLabel("predicted probability (above: number of texts)");
        plot.YLabel($"share of {question.Positives}");
    }

    /// <summary>Each answer's texts by probability, as shares of that answer.</summary>
    private static void Distribution(QuestionReport question, Plot plot)
    {
        foreach (var (positive, name, colour) in new[] { (false, question.Negatives, Negative), (true, question.Positives, Positive) })
        {
            double[] scores = [.. question.Scores.Where(one => one.Positive == positive).Select(one => one.Probability)];
            var bars = plot.Add.Bars(scores.GroupBy(score => BinOf(score, Bars)).Select(bin => new Bar
            {
                Position = (bin.Key + 0.5) / Bars,
                Value = bin.Count() / (double)scores.Length,
                Size = 1.0 / Bars,
                FillColor = colour.WithAlpha(0.55),
                LineColor = colour,
                LineWidth = 1,
            }).ToArray());
            bars.LegendText = string.Create(CultureInfo.InvariantCulture, $"{scores.Length:N0} {name}");
        }
        plot.Axes.SetLimitsX(0, 1);
        plot.Axes.SetLimitsY(0, 1.05 * question.Scores.GroupBy(one => (one.Positive, BinOf(one.Probability, Bars))).Max(bin => bin.Count() / (double)question.Scores.Count(one => one.Positive == bin.Key.Positive)));
        plot.XLabel($"probability: {question.Positives}");
        plot.YLabel("share of its texts");
    }

    private static void Panels(QuestionReport[] questions, Action<QuestionReport, Plot> draw, string png)
    {
        var multiplot = new Multiplot { Layout = new ScottPlot.MultiplotLayouts.Columns() };
        multiplot.AddPlots(questions.Length);
        for (int i = 0; i < questions.Length; i++)
        {
            var plot = multiplot.GetPlot(i);
            draw(questions[i], plot);
            plot.Title(questions[i].Question);
            plot.ShowLegend(Edge.Bottom);
        }
        multiplot.SavePng(png, Panel * questions.Length, Height);
        foreach (var plot in multiplot.GetPlots()) plot.Dispose();
    }

    private static int BinOf(double probability, int bins) => Math.Clamp((int)(probability * bins), 0, bins - 1);

    private static string Share(double rate) => (rate * 100).ToString("0.##", CultureInfo.InvariantCulture) + " %";
}
