using CsCheck;
using Detection.Standalone.Streaming;

namespace Detection.Tests.Standalone.Streaming;

/// <summary>Against what queueing theory says exactly, and laws that hold for every load.</summary>
public sealed class StreamSimulatorTests
{
    private const int Many = 400_000;

    /// <summary>M/M/1: the mean time is 1 / (μ − λ), and the time is exponential, so that its 95th percentile is ln 20 times the mean.</summary>
    [Theory]
    [InlineData(.3)]
    [InlineData(.5)]
    [InlineData(.8)]
    public void One_exponential_server_waits_as_an_M_M_1_queue(double use)
    {
        var run = StreamSimulator.Run(new SimulatedLoad(use * 100, Many, new ServiceCurve(0.01, 0, Exponential: true), ServiceCurve.None));
        double mean = 1 / (100 - use * 100);
        Assert.Equal(mean, run.Mean, mean * 0.04);
        Assert.Equal(mean * Math.Log(20), run.P95, mean * Math.Log(20) * 0.05);
        Assert.Equal(use / (1 - use), run.MeanInSystem, use / (1 - use) * 0.05);
    }

    /// <summary>M/D/1 (Pollaczek and Khinchine): the mean time is s + ρ s / (2 (1 − ρ)).</summary>
    [Theory]
    [InlineData(.3)]
    [InlineData(.5)]
    [InlineData(.8)]
    public void One_steady_server_waits_as_an_M_D_1_queue(double use)
    {
        var run = StreamSimulator.Run(new SimulatedLoad(use * 100, Many, new ServiceCurve(0, 0.01), ServiceCurve.None));
        double mean = 0.01 + use * 0.01 / (2 * (1 - use));
        Assert.Equal(mean, run.Mean, mean * 0.03);
        Assert.Equal(use * 100, run.Throughput, use * 100 * 0.02);
    }

    /// <summary>Two exponential stations in a row are two M/M/1 queues (Burke's theorem).</summary>
    [Fact]
    public void Two_exponential_stations_wait_as_two_queues()
    {
        var run = StreamSimulator.Run(new SimulatedLoad(60, Many, new ServiceCurve(0.01, 0, Exponential: true), new ServiceCurve(0.008, 0, Exponential: true)));
        double mean = 1 / (100.0 - 60) + 1 / (125.0 - 60);
        Assert.Equal(mean, run.Mean, mean * 0.04);
    }

    [Fact]
    public void Evenly_spaced_messages_below_capacity_do_not_wait() =>
        Assert.Equal(0.01, StreamSimulator.Run(new SimulatedLoad(90, 1_000, new ServiceCurve(0, 0.01), ServiceCurve.None, Random: false)).P99, 1e-9);

    [Fact]
    public void Overload_is_worked_off_at_capacity_in_full_batches()
    {
        var judge = new ServiceCurve(0.004, 0.001, MaxBatch: 64);
        var run = StreamSimulator.Run(new SimulatedLoad(judge.Capacity * 1.5, 200_000, judge, ServiceCurve.None, MaxInFlight: 1_024));
        Assert.Equal(judge.Capacity, run.Throughput, judge.Capacity * 0.01);
        Assert.Equal(64, run.MeanJudgeBatch, 0.5);
        Assert.Equal(200_000 / 3.0, run.LongestQueue, 1_500.0);
    }

    [Fact]
    public void A_lone_message_waits_for_others_as_long_as_it_is_told() =>
        Assert.Equal(0.005 + 0.003, StreamSimulator.Run(new SimulatedLoad(1, 50, new ServiceCurve(0.002, 0.001, MaxBatch: 64, Linger: 0.005), ServiceCurve.None, Random: false)).P50, 1e-9);

    [Fact]
    public void Every_load_is_worked_off_no_faster_than_the_slowest_station_and_obeys_Little()
    {
        var curve = Gen.Select(Gen.Double[0, 0.01], Gen.Double[0.0001, 0.01], Gen.Int[1, 100], Gen.Double[0, 0.01], Gen.Int[1, 4], Gen.Bool)
            .Select((perBatch, perItem, batch, linger, servers, exponential) => new ServiceCurve(perBatch, perItem, batch, linger, servers, exponential));
        Gen.Select(curve, curve, Gen.Double[0.1, 2], Gen.Int[1, 300], Gen.Bool, Gen.Int[0, 100]).Sample((judge, store, use, inFlight, random, seed) =>
        {
            double capacity = Math.Min(judge.Capacity, store.Capacity);
            var run = StreamSimulator.Run(new SimulatedLoad(capacity * use, 3_000, judge, store, inFlight, random, seed));
            bool steady = !judge.Exponential && !store.Exponential;
            return run.P50 <= run.P95 && run.P95 <= run.P99 && run.P50 > 0
                && Math.Abs(run.MeanInSystem - run.Throughput * run.Mean) <= 1e-6 * run.MeanInSystem
                && run.MeanJudgeBatch <= Math.Min(judge.MaxBatch, inFlight) && run.MeanStoreBatch <= Math.Min(store.MaxBatch, inFlight)
                && (!steady || run.Throughput <= capacity * 1.0001);
        }, iter: 300);
    }
}
