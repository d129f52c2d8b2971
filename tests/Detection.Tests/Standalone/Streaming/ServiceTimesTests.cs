using CsCheck;
using Detection.Standalone.Streaming;

namespace Detection.Tests.Standalone.Streaming;

/// <summary>The line through measured batches, and what the simulator makes of it.</summary>
public sealed class ServiceTimesTests
{
    [Fact]
    public void A_known_curve_is_found_again() =>
        Gen.Select(Gen.Double[0, 0.5], Gen.Double[0.00001, 0.01], Gen.Int[1, 1_000].Array[2, 200].Where(sizes => sizes.Distinct().Count() > 1)).Sample((perBatch, perItem, sizes) =>
        {
            var times = new ServiceTimes();
            foreach (int size in sizes) times.Add(size, TimeSpan.FromSeconds(perBatch + size * perItem));
            var fit = times.Fit()!;
            return Math.Abs(fit.PerBatch - perBatch) < 1e-4 && Math.Abs(fit.PerItem - perItem) < 1e-5 && fit.Batches == sizes.Length;
        });

    [Fact]
    public void Noise_on_a_known_curve_moves_it_little()
    {
        var random = new Random(1);
        var times = new ServiceTimes();
        for (int i = 0; i < 20_000; i++)
        {
            int size = random.Next(1, 500);
            times.Add(size, TimeSpan.FromSeconds((0.02 + size * 0.0002) * 2 * random.NextDouble()));
        }
        var fit = times.Fit()!;
        Assert.Equal(0.02, fit.PerBatch, 0.002);
        Assert.Equal(0.0002, fit.PerItem, 0.00001);
    }

    [Fact]
    public void The_mean_is_kept_where_larger_batches_were_faster()
    {
        var times = new ServiceTimes();
        times.Add(10, TimeSpan.FromSeconds(0.3));
        times.Add(30, TimeSpan.FromSeconds(0.1));
        Assert.Equal((0.2, 0.0), (Math.Round(times.Fit()!.PerBatch, 9), times.Fit()!.PerItem));
    }

    [Fact]
    public void Batches_of_one_size_count_by_the_message()
    {
        var times = new ServiceTimes();
        for (int i = 0; i < 5; i++) times.Add(4, TimeSpan.FromSeconds(0.2));
        Assert.Equal((0.0, 0.05), (Math.Round(times.Fit()!.PerBatch, 9), Math.Round(times.Fit()!.PerItem, 9)));
        Assert.Null(new ServiceTimes().Fit());
    }

    [Fact]
    public void A_prediction_adds_the_way_in_and_follows_the_slower_part_in_overload()
    {
        var store = new FittedTimes(0.05, 0.0001, 100, 1);
        var times = new PartTimes(new FittedTimes(0, 0.00001, 10, 1), store, new FittedTimes(0.01, 0, 100, 1), WayIn: 0.1);
        var half = StagePrediction.Of(times, 1_000, TimeSpan.FromSeconds(5), linger: 0, lanes: 2, maxInFlight: 1_000)!;
        Assert.InRange(half.P50, 0.16, 0.25);
        Assert.Equal(1_000, half.Throughput, 30.0);
        // A model of 2,000 messages a second, half of what is offered: the last of 20,000 messages waits for 5 s and more.
        var slow = StagePrediction.Of(times with { Judge = new FittedTimes(0, 0.0005, 10, 1) }, 4_000, TimeSpan.FromSeconds(5), linger: 0, lanes: 2, maxInFlight: 1_000)!;
        Assert.Equal(2_000, slow.Throughput, 40.0);
        Assert.InRange(slow.P95, 4.5, 5.5);
        Assert.Null(StagePrediction.Of(times with { Store = null }, 1_000, TimeSpan.FromSeconds(5), 0, 2, 1_000));
    }
}
