namespace Detection.EndToEnd.Chaos;

/// <summary>Kafka and Elasticsearch with real workers, one of them on an older processor: after every run each accepted message has exactly one verdict or one dead letter.</summary>
[Collection("chaos")]
public sealed class ClusterChaosTests
{
    // Another by DETECTION_SEED, for a run that looks for more.
    private static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable("DETECTION_SEED"), out int given) ? given : 20260311;

    private static readonly NetworkFault[] Faults = [NetworkFault.Stall, NetworkFault.Reset, NetworkFault.Delay, NetworkFault.Refuse];

    [Fact]
    [Trait("Speed", "slow")]
    public Task Kills_of_workers_broker_and_store_and_a_cut_network_lose_nothing() => HurtAsync("cluster-kills", new Hurt(Random: 6, Window: 4, Broker: 1, Store: 1, Network: 4));

    [Fact]
    [Trait("Speed", "slow")]
    public Task In_transactional_mode_the_verdict_topic_has_exactly_one_record_a_message() =>
        HurtAsync("cluster-transactional", new Hurt(Random: 3, Window: 4, Broker: 1), transactional: true);

    [Theory]
    [Trait("Speed", "nightly")]
    [InlineData(false, "elasticsearch")]
    [InlineData(true, "elasticsearch")]
    [InlineData(false, "opensearch")]
    public Task Hundreds_of_kills_lose_nothing(bool transactional, string search)
    {
        Nightly.Only();
        return HurtAsync($"cluster-nightly-{search}{(transactional ? "-transactional" : "")}", new Hurt(Random: 130, Window: 60, Broker: 10, Store: 10, Network: 20), transactional, search);
    }

    [Fact]
    [Trait("Speed", "nightly")]
    public async Task Three_brokers_of_which_one_is_killed_lose_nothing()
    {
        Nightly.Only();
        await using var cluster = await ChaosCluster.StartAsync(brokers: 3);
        await RunAsync("cluster-three-brokers", cluster, async run =>
        {
            foreach (int broker in new[] { 1, 2, 3, 1 })
            {
                await run.KillServerAsync(cluster.Kafka, $"broker-{broker}", broker);
                await run.KillWorkerAsync();
            }
        });
    }

    [Fact]
    [Trait("Speed", "nightly")]
    public async Task A_store_whose_disk_is_full_stops_progress_and_loses_nothing()
    {
        Nightly.Only();
        await using var disk = await SmallDisk.MountAsync(128);
        await using var cluster = await ChaosCluster.StartAsync(searchData: disk.Path);
        await RunAsync("cluster-disk-full", cluster, async run =>
        {
            await run.KillWorkerAsync();
            await run.FaultAsync("store's disk", "full", disk.Fill, () => run.InstantAsync(TimeSpan.FromSeconds(10)), disk.Free);
            // A shard that failed on a full disk is opened again when its server starts.
            await run.KillServerAsync(cluster.Search, "store");
            await run.KillWorkerAsync();
        });
    }

    [Fact]
    [Trait("Speed", "nightly")]
    public async Task Workers_slower_than_the_sender_work_it_all_off()
    {
        Nightly.Only();
        await using var cluster = await ChaosCluster.StartAsync();
        await RunAsync("cluster-slow", cluster, async run =>
        {
            await Task.WhenAll(run.Workers.Select(worker => run.SlowAsync(worker, TimeSpan.FromSeconds(40))));
            await run.KillWorkerAsync();
        }, rate: 100);
    }

    [Fact]
    [Trait("Speed", "nightly")]
    public async Task A_worker_that_stands_still_longer_than_its_session_doubles_nothing_when_it_goes_on()
    {
        Nightly.Only();
        await using var cluster = await ChaosCluster.StartAsync();
        await RunAsync("cluster-zombie", cluster, async run =>
        {
            for (int time = 0; time < 3; time++) await run.StandStillAsync(run.Workers[time % 2], TimeSpan.FromSeconds(10));
        });
    }

    /// <summary>How long it takes is written down and not asserted: machines differ.</summary>
    [Fact]
    [Trait("Speed", "nightly")]
    public async Task Partitions_move_when_a_worker_is_killed_and_when_it_comes_back()
    {
        Nightly.Only();
        await using var cluster = await ChaosCluster.StartAsync();
        await RunAsync("cluster-rebalance", cluster, async run =>
        {
            async Task<bool> AreAsync(params int[] shares) => await cluster.Stream.SharesAsync() is { } now && now.SequenceEqual(shares);
            await run.TimeUntilAsync("partitions are dealt", () => AreAsync(3, 3));
            for (int time = 0; time < 5; time++)
            {
                await run.UntilAsync("it works", () => run.Workers[time % 2].IsWorking);
                await run.Workers[time % 2].KillAsync("and not brought back at once");
                TimeSpan gone = await run.TimeUntilAsync("the other has all partitions", () => AreAsync(6));
                await run.Workers[time % 2].StartAsync();
                TimeSpan back = await run.TimeUntilAsync("both have half", () => AreAsync(3, 3));
                TestContext.Current.TestOutputHelper?.WriteLine($"after a kill {gone.TotalSeconds:F1} s, after a start {back.TotalSeconds:F1} s");
            }
        });
    }

    /// <summary>Everything in a random order.</summary>
    private static async Task HurtAsync(string name, Hurt hurt, bool transactional = false, string search = "elasticsearch")
    {
        await using var cluster = await ChaosCluster.StartAsync(transactional, search: search);
        var documents = await RunAsync(name, cluster, async run =>
        {
            var acts = hurt.Acts(run, cluster).ToArray();
            run.Random.Shuffle(acts);
            foreach (var act in acts) await act();
        }, transactional);
        Assert.Equal(2, documents.Select(one => one.Config).Distinct().Count());
    }

    private static async Task<IReadOnlyList<StoredVerdict>> RunAsync(string name, ChaosCluster cluster, Func<ChaosRun, Task> scenario, bool transactional = false, double rate = 30)
    {
        var options = new ChaosOptions { Name = name, Seed = Seed, Rate = rate, Workers = 2, Transactional = transactional, WorkerSettings = worker => worker == 1 ? ReducedKernels.Settings : ReducedKernels.None };
        await using var run = await ChaosRun.StartAsync(options, cluster.Stream, cluster.Store);
        try
        {
            await scenario(run);
            return await run.FinishAsync();
        }
        finally { cluster.KeepBrokerLogs(name); }
    }

    /// <summary>How often what happens.</summary>
    private sealed record Hurt(int Random, int Window, int Broker = 0, int Store = 0, int Network = 0)
    {
        public IEnumerable<Func<Task>> Acts(ChaosRun run, ChaosCluster cluster) =>
        [
            .. Enumerable.Repeat(run.KillWorkerAsync, Random),
            .. Enumerable.Range(0, Window).Select<int, Func<Task>>(i => i % 2 == 0 ? () => run.KillWorkerInWindowAsync(cluster.SearchProxy, "bulk") : () => run.KillWorkerInWindowAsync(cluster.KafkaProxy!, "produce")),
            .. Enumerable.Repeat(() => run.KillServerAsync(cluster.Kafka, "broker"), Broker),
            .. Enumerable.Repeat(() => run.KillServerAsync(cluster.Search, "store"), Store),
            .. Enumerable.Range(0, Network).Select<int, Func<Task>>(i => () => run.CutAsync(cluster.SearchProxy, Faults[i % Faults.Length])),
        ];
    }
}
