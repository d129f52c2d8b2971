using System.IO.Compression;
using System.Text.Json;
using Detection.Learning.Metrics;
using Detection.Text;

namespace Detection.Tests.Learning;

public sealed class MetricsTests
{
    [Fact]
    public void Found_at_strict_thresholds_is_the_mean_over_the_highest_negatives()
    {
        // Forty negatives: thresholds 39, 38 and 37; above them one, two and three of four.
        double[] negatives = [.. Enumerable.Range(0, 40).Select(i => (double)i)];
        Assert.Equal(0.5, Ranking.FoundAtStrict(negatives, [40, 38.5, 37.5, 10], oneIn: 20), 12);
    }

    [Fact]
    public void Auroc_counts_ties_by_half()
    {
        Assert.Equal(0.875, Ranking.Auroc([1, 2], [2, 3]), 1e-12);
        Assert.Equal(0.5, Ranking.Auroc([1, 1, 1], [1, 1]), 1e-12);
    }

    [Fact]
    public void Published_aurocs_are_reproduced_from_their_scores()
    {
        using var lines = new StreamReader(new GZipStream(File.OpenRead(Repository.Shared("data", "synthetic", "reference_scores.jsonl.gz")), CompressionMode.Decompress));
        int seen = 0;
        while (lines.ReadLine() is { } line)
        {
            var stored = JsonDocument.Parse(line).RootElement;
            double[] Scores(string side) => [.. stored.GetProperty(side).EnumerateArray().Select(value => value.GetDouble())];
            Assert.Equal(stored.GetProperty("auroc").GetDouble(), Ranking.Auroc(Scores("human"), Scores("machine")), 1e-4);
            seen++;
        }
        Assert.Equal(471, seen);
    }

    [Fact]
    public void Span_scores_are_those_of_the_published_definition_worked_by_hand()
    {
        string text = new('x', 100);
        // One right half (10 of 20 predicted, 10 of 10 marked), one wrong, one marked place missed.
        var score = SpanScore.Of(text, [new TextSpan(0, 20), new TextSpan(50, 60)], [new TextSpan(10, 20), new TextSpan(80, 90)]);
        Assert.Equal(new SpanScore(2, 2, 0.5, 1), score);
        Assert.Equal((0.25, 0.5, 1 / 3.0), (score.Precision, score.Recall, score.F1));
        // One prediction over two marked places has both overlaps: (10 + 5) / 30; each marked place is found whole.
        Assert.Equal(new SpanScore(1, 2, 0.5, 2), SpanScore.Of(text, [new TextSpan(0, 30)], [new TextSpan(0, 10), new TextSpan(20, 25)]));
        // Places that overlap are one, so nothing counts twice; places that touch are two.
        Assert.Equal(new SpanScore(1, 1, 1, 1), SpanScore.Of(text, [new TextSpan(0, 6), new TextSpan(4, 10)], [new TextSpan(0, 10), new TextSpan(2, 5)]));
        Assert.Equal(new SpanScore(2, 1, 2, 1), SpanScore.Of(text, [new TextSpan(0, 5), new TextSpan(5, 10)], [new TextSpan(0, 10)]));
        Assert.Equal(new SpanScore(0, 1, 0, 0), SpanScore.Of(text, [], [new TextSpan(0, 10)]));
        Assert.Equal(0, SpanScore.None.F1);
        // Micro: (0.5 + 0) / 3 and 1 / 3.
        Assert.Equal(2 * (0.5 / 3) * (1 / 3.0) / (0.5 / 3 + 1 / 3.0), SpanScore.Sum([score, new SpanScore(1, 1, 0, 0)]).F1, 1e-12);
    }

    [Fact]
    public void Span_lengths_are_code_points() =>
        // 😀a of 😀abc: 2 of 4 code points, though 3 of 5 UTF-16 units.
        Assert.Equal(new SpanScore(1, 1, 0.5, 1), SpanScore.Of("\U0001F600abc", [new TextSpan(0, 5)], [new TextSpan(0, 3)]));

    [Fact]
    public void The_rate_at_a_budget_flags_no_more_people_than_allowed_whatever_the_ties()
    {
        double[] human = [.. Enumerable.Repeat(1.0, 50), .. Enumerable.Repeat(2.0, 50)];
        var point = Ranking.AtFalsePositives(human, [2, 3], 20)!;
        Assert.Equal((0, 1), (point.Flagged, point.Found));
        Assert.Null(Ranking.AtFalsePositives(human, [2, 3], 1000));
        Assert.Equal(0, Ranking.AtFalsePositives(human, [2, 2], 100)!.TruePositiveRate);
    }

    [Fact]
    public void Intervals_are_those_of_the_text_books()
    {
        var wilson = Interval.Wilson(1, 1000);
        Assert.Equal((0.0002, 0.0056), (Math.Round(wilson.Low, 4), Math.Round(wilson.High, 4)));
        var exact = Interval.ClopperPearson(0, 299);
        Assert.Equal((0, 0.01226), (exact.Low, Math.Round(exact.High, 5)));
        var middle = Interval.ClopperPearson(5, 10);
        Assert.Equal((0.1871, 0.8129), (Math.Round(middle.Low, 4), Math.Round(middle.High, 4)));
        // published-numbers.md §3.3: 0 of 91 against 0 of 158
        var difference = Interval.Newcombe(0, 91, 0, 158);
        Assert.Equal((-0.024, 0.041), (Math.Round(difference.Low, 3), Math.Round(difference.High, 3)));
    }

    [Fact]
    public void A_bootstrap_of_few_clusters_is_wider_than_one_of_many()
    {
        var random = new Random(1);
        var rows = Enumerable.Range(0, 200).Select(i => (random.NextDouble() + (i % 2 == 0 ? 0.3 : 0), i % 2 == 0)).ToArray();
        Interval Of(int clusters) => ClusterBootstrap.Auroc([.. rows.Select((row, i) => (row.Item1, row.Item2, $"c{i / 2 % clusters}"))], 400);
        var few = Of(4);
        var many = Of(100);
        double whole = Ranking.Auroc([.. rows.Where(row => !row.Item2).Select(row => row.Item1)], [.. rows.Where(row => row.Item2).Select(row => row.Item1)]);
        Assert.InRange(whole, many.Low, many.High);
        Assert.True(many.High - many.Low < 0.2 && few.High > few.Low);
    }

    [Fact]
    public void The_interval_of_a_share_found_holds_the_share_and_moves_its_threshold_with_the_draw()
    {
        var random = new Random(2);
        (double Score, bool Machine, string Cluster)[] rows = [.. Enumerable.Range(0, 400).Select(i => (Math.Round(random.NextDouble() + (i % 2 == 0 ? 0.4 : 0), 2), i % 2 == 0, $"c{i}"))];
        double[] people = [.. rows.Where(row => !row.Machine).Select(row => row.Score)], machines = [.. rows.Where(row => row.Machine).Select(row => row.Score)];
        double share = Ranking.AtFalsePositives(people, machines, 20)!.TruePositiveRate;
        var interval = ClusterBootstrap.Found(rows, 20, 400);
        Assert.InRange(share, interval.Low, interval.High);
        // Wider than by a threshold that stands still.
        var fixedThreshold = Interval.Wilson((int)Math.Round(share * machines.Length), machines.Length);
        Assert.True(interval.High - interval.Low > fixedThreshold.High - fixedThreshold.Low);
        // One cluster is drawn whole or not at all: the very share.
        Assert.Equal(new Interval(share, share), ClusterBootstrap.Found([.. rows.Select(row => row with { Cluster = "one" })], 20, 10));
        // A constant score finds nothing.
        Assert.Equal(new Interval(0, 0), ClusterBootstrap.Found([.. rows.Select(row => row with { Score = 1 })], 20, 10));
        Assert.True(double.IsNaN(ClusterBootstrap.Found(rows[..30], 20, 10).Low));
    }

    [Fact]
    public void Calibration_error_is_zero_where_shares_equal_probabilities()
    {
        (double, bool)[] fair = [.. Enumerable.Range(0, 300).Select(i => (0.2, i % 5 == 0))];
        Assert.Equal(0, Probabilities.ExpectedCalibrationError(fair), 1e-12);
        Assert.Equal(0.16, Probabilities.Brier(fair), 1e-12);
        Assert.Equal(0.3, Probabilities.ExpectedCalibrationError([.. fair.Select(row => (0.5, row.Item2))]), 1e-12);
    }

    [Fact]
    public void F1_over_heads_is_micro_over_pairs_and_macro_over_heads_with_positives()
    {
        Counts[] heads = [Counts.Of([(true, true), (true, false), (false, true), (false, false)]), Counts.Of([(false, false)]), Counts.Of([(false, true)])];
        Assert.Equal(0.5, heads[0].F1, 1e-12);
        Assert.Equal(2.0 / 5, Counts.MicroF1(heads), 1e-12);
        Assert.Equal(0.25, Counts.MacroF1(heads), 1e-12);
        Assert.Equal((1 + 2 / 3.0) / 2, Ranking.AveragePrecision([(3, true), (2, false), (1, true)]), 1e-12);
    }

    [Fact]
    public void Pairs_of_two_files_are_not_compared()
    {
        // In each file the machine wins one pair of two or ties; between the files everything would be turned round.
        var scores = new WithinFiles([(1, false, "a"), (3, false, "a"), (2, true, "a"), (10, false, "b"), (10, true, "b"), (double.NaN, true, "c"), (double.NaN, true, "c")]);
        Assert.Equal((1 + 0.5) / 3, scores.Auroc(), 12);
        Assert.Equal((2 + 0.5) / 4, scores.Auroc([2, 1, 1, 1, 1, 9, 9]), 12);
        Assert.True(double.IsNaN(new WithinFiles([(1, true, "a"), (2, false, "b")]).Auroc()));
    }
}
