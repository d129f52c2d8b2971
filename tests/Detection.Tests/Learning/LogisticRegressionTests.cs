using Detection.Contracts;
using Detection.Detectors.Calibration;
using Detection.Detectors.Heads;
using Detection.Learning.Heads;

namespace Detection.Tests.Learning;

public sealed class LogisticRegressionTests
{
    [Fact]
    public void The_optimum_has_no_slope()
    {
        var matrix = Some(400, out _);
        float[] scale = [.. Enumerable.Repeat(1f, matrix.Size)], weights = LogisticRegression.Fit(matrix, scale, 0.01, iterations: 300, cancellation: TestContext.Current.CancellationToken), gradient = new float[matrix.Size];
        matrix.Loss(weights, gradient);
        for (int i = 0; i < weights.Length - 1; i++) gradient[i] += 0.01f * weights[i];
        Assert.All(gradient, slope => Assert.InRange(slope, -2e-3f, 2e-3f));
        Assert.True(weights[0] > 1 && weights[1] < -0.5 && weights[4] > 0, string.Join(' ', weights));
    }

    [Fact]
    public void A_weight_without_scale_stays_zero_and_one_with_more_goes_further()
    {
        var matrix = Some(200, out _);
        float[] weights = LogisticRegression.Fit(matrix, [0, 1, 1, 1, 1, 1], 0.1, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(0, weights[0]);
        float[] further = LogisticRegression.Fit(matrix, [0, 5, 1, 1, 1, 1], 0.1, cancellation: TestContext.Current.CancellationToken);
        Assert.True(further[1] < 2 * weights[1] && weights[1] < 0);
    }

    [Fact]
    public void The_loss_has_the_same_bits_every_time()
    {
        var matrix = Some(1_000, out _);
        float[] gradient = new float[matrix.Size], weights = [0.3f, -0.2f, 0.1f, 0, 0.5f, 0.1f];
        double first = matrix.Loss(weights, gradient);
        float[] slope = [.. gradient];
        for (int again = 0; again < 5; again++)
        {
            Assert.Equal(first, matrix.Loss(weights, gradient));
            Assert.Equal(slope, gradient);
        }
    }

    [Fact]
    public void Platt_scaling_finds_the_curve_that_made_the_answers()
    {
        var random = new Random(3);
        var rows = Enumerable.Range(0, 20_000).Select(_ =>
        {
            float margin = (float)(random.NextDouble() * 6 - 3);
            return (margin, random.NextDouble() < 1 / (1 + Math.Exp(-(1.7 * margin - 0.6))), 1.0);
        }).ToArray();
        var platt = PlattScaling.Fit(rows);
        Assert.InRange(platt.Scale, 1.6, 1.8);
        Assert.InRange(platt.Shift, -0.7, -0.5);
        Assert.True(PlattScaling.Fit([.. rows.Select(row => (row.margin, !row.Item2, 1.0))]).Scale > 0, "The order of texts must stay the margin's.");
    }

    [Theory]
    // published-numbers.md §3.3
    [InlineData(500, 0.05, 17)]
    [InlineData(500, 0.01, 2)]
    [InlineData(500, 0.001, 0)]
    [InlineData(1_000, 0.05, 39)]
    [InlineData(1_000, 0.01, 5)]
    [InlineData(3_000, 0.01, 21)]
    [InlineData(3_000, 0.001, 1)]
    [InlineData(10_000, 0.01, 84)]
    [InlineData(299, 0.01, 1)]
    [InlineData(298, 0.01, 0)]
    public void The_number_of_people_above_a_threshold_keeps_the_budget_with_confidence(int n, double budget, int expected) =>
        Assert.Equal(expected, Thresholds.Flagged(n, budget, 0.95));

    [Fact]
    public void A_threshold_is_the_kth_highest_score_of_a_bucket_and_small_buckets_have_none()
    {
        var people = HumanScores.From(Enumerable.Range(0, 500).Select(i => (Channel.Email, i < 480 ? 100 : 900, (float)i)));
        var decision = Thresholds.Choose(people, [.. Enumerable.Range(0, 100).Select(i => (Channel.Email, 100, (float)i)), .. Enumerable.Range(0, 300).Select(i => (Channel.Sms, 700, 1000f + i)), .. Enumerable.Range(0, 50).Select(i => (Channel.Sms, 5000, 2000f + i))], 0.01, 0.95, 0.05);
        Assert.Equal(498, decision.Above["all"]);
        Assert.Equal(478, decision.Above["email/under-200"]);
        Assert.DoesNotContain("email/600-1600", decision.Above.Keys);
        // One in twenty of the positives lies at or below it: of all, of those as long, of those as long in the channel; fifty are too few.
        Assert.Equal((21, 4, 4, 1014), (decision.Below, decision.BelowFor(Channel.Email, 100), decision.BelowFor(Channel.Other, 100), decision.BelowFor(Channel.Email, 900)));
        Assert.Equal(21, decision.BelowFor(Channel.Sms, 5000));
    }

    [Fact]
    public void A_channel_without_enough_people_is_judged_by_the_strictest_of_the_others_at_its_length()
    {
        var people = HumanScores.From([.. Enumerable.Range(0, 400).Select(i => (Channel.Email, 100, (float)i)), .. Enumerable.Range(0, 400).Select(i => (Channel.Forum, 100, 1000f + i)),
            .. Enumerable.Range(0, 400).Select(i => (Channel.Forum, 900, -1000f + i)), .. Enumerable.Range(0, 50).Select(i => (Channel.Review, 100, 9000f + i))]);
        var decision = Thresholds.Choose(people, [], 0.01, 0.95, 0.05);
        double? Of(Channel channel, int characters) => decision.AboveFor(people.BucketOf(channel, characters)!, characters);
        Assert.Equal((399, 1399), (Of(Channel.Email, 100), Of(Channel.Forum, 100)));
        Assert.Equal(-601, Of(Channel.Forum, 900));
        // Of all 1,250 the seventh highest is a review's; nothing is known of long letters.
        Assert.Equal((9043, 9043), (decision.Above["all"], Of(Channel.Review, 100)));
        Assert.Equal((9043, 9043), (Of(Channel.Review, 900), Of(Channel.Review, 5000)));
        var without = Thresholds.Choose(HumanScores.From([.. Enumerable.Range(0, 400).Select(i => (Channel.Email, 100, (float)i)), .. Enumerable.Range(0, 4_000).Select(i => (Channel.Forum, 900, -1000f - i))]), [], 0.01, 0.95, 0.05);
        Assert.True(without.AboveFor("all", 100) == 399 && without.AboveFor("all", 100) > without.Above["all"] && without.AboveFor("all", 5000) == without.Above["all"]);
        // An older bundle knows of no lengths in any channel.
        Assert.Equal(1.5, (decision with { Above = new Dictionary<string, double> { ["all"] = 1.5 } }).AboveFor("all", 100));
        Assert.Null((decision with { Above = new Dictionary<string, double>() }).AboveFor("all", 100));
    }

    [Fact]
    public void At_most_the_share_of_ordinary_messages_lies_at_or_above_a_threshold()
    {
        double[] hundred = [.. Enumerable.Range(0, 100).Select(i => i / 100.0).Reverse()];
        Assert.Equal(10, hundred.Count(one => one >= Thresholds.OverAllBut(0.1, [.. hundred])));
        Assert.Equal(0, hundred.Count(one => one >= Thresholds.OverAllBut(0.009, [.. hundred])));
        // Ties are all above or all below.
        Assert.Equal(0, Enumerable.Repeat(0.5, 100).Count(one => one >= Thresholds.OverAllBut(0.1, [.. Enumerable.Repeat(0.5, 100)])));
        Assert.Equal(0, Thresholds.OverAllBut(0.1, []));
    }

    [Fact]
    public void The_largest_f1_decides_a_technique_while_half_of_what_is_named_is_right()
    {
        (double, bool)[] five = [(0.9, true), (0.8, true), (0.7, true), (0.65, true), (0.6, true)];
        Assert.Equal(0.6, Thresholds.OfTechnique([.. five, (0.5, false), (0.4, false), (0.3, false), (0.1, true)]));
        Assert.Equal(0.1, Thresholds.OfTechnique([.. five, (0.5, false), (0.1, true), (0.1, true)]));
        Assert.Equal(0.6, Thresholds.OfTechnique([.. five, (0.5, false), (Thresholds.NeverNamed, true), (Thresholds.NeverNamed, true)]));
        // Too few right ones, or more wrong than right.
        Assert.Null(Thresholds.OfTechnique([.. five[..4], (0.5, false)]));
        Assert.Null(Thresholds.OfTechnique([.. five.Select(row => (row.Item1 - 0.5, true)), .. Enumerable.Repeat((0.95, false), 6)]));
    }

    /// <summary>Two features that say something, one that does not, and two words.</summary>
    private static TrainingMatrix Some(int count, out TrainingRow[] rows)
    {
        var random = new Random(5);
        rows = [.. Enumerable.Range(0, count).Select(_ =>
        {
            float a = (float)(random.NextDouble() * 2 - 1), b = (float)(random.NextDouble() * 2 - 1);
            bool word = random.Next(2) == 0;
            double p = 1 / (1 + Math.Exp(-(3 * a - 2 * b + (word ? 1 : -1))));
            return new TrainingRow([a, b, (float)random.NextDouble()], [word ? 1 : 0], [1], random.NextDouble() < p, 1);
        })];
        return new TrainingMatrix(rows, 3, 2);
    }
}
