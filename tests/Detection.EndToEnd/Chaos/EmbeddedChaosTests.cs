namespace Detection.EndToEnd.Chaos;

/// <summary>One at a time, and nothing beside it: the instants would not be those of the run.</summary>
[CollectionDefinition("chaos", DisableParallelization = true)]
public sealed class ChaosCollection;

/// <summary>The embedded queue and store: after every run each accepted message has exactly one verdict or one dead letter. What cannot be read is in the middle of each.</summary>
[Collection("chaos")]
public sealed class EmbeddedChaosTests
{
    private const int Seed = 20260311;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Speed", "slow")]
    public Task Twenty_kills_of_a_worker_with_changing_kernels_lose_nothing_and_double_nothing() => KillsAsync("embedded-kills", 20);

    [Fact]
    [Trait("Speed", "nightly")]
    public Task Two_hundred_kills_of_a_worker_with_changing_kernels_lose_nothing_and_double_nothing()
    {
        Nightly.Only();
        return KillsAsync("embedded-kills-nightly", 200);
    }

    [Fact]
    [Trait("Speed", "slow")]
    public async Task A_full_disk_stops_progress_and_loses_nothing()
    {
        await using var disk = await SmallDisk.MountAsync(24);
        await RunAsync(new ChaosOptions { Name = "embedded-disk-full", Seed = Seed }, disk.Path, async run =>
        {
            for (int time = 0; time < 2; time++)
            {
                await run.KillWorkerAsync();
                int refused = run.History.Count(HistoryKind.Unanswered);
                await run.FaultAsync("disk", "full", disk.Fill, async () =>
                {
                    await run.UntilAsync("the sender is told", () => run.History.Count(HistoryKind.Unanswered) > refused);
                    await run.InstantAsync(TimeSpan.FromSeconds(1));
                    await run.Workers[0].KillAsync("with a full disk");
                }, disk.Free);
                await run.Workers[0].StartAsync();
            }
        });
    }

    [Fact]
    [Trait("Speed", "slow")]
    public async Task A_clock_that_jumps_loses_nothing()
    {
        using var clock = new JumpingClock();
        await RunAsync(new ChaosOptions { Name = "embedded-clock", Seed = Seed, WorkerSettings = _ => clock.Settings }, null, async run =>
        {
            foreach (int hours in new[] { 26, -3, 0 })
            {
                await run.JumpAsync(clock, TimeSpan.FromHours(hours));
                await run.KillWorkerAsync();
            }
        });
    }

    [Fact]
    [Trait("Speed", "nightly")]
    public Task A_worker_slower_than_the_sender_works_it_all_off()
    {
        Nightly.Only();
        return RunAsync(new ChaosOptions { Name = "embedded-slow", Seed = Seed, Rate = 100 }, null, async run =>
        {
            await run.KillWorkerAsync();
            await run.SlowAsync(run.Workers[0], TimeSpan.FromSeconds(30));
            await run.KillWorkerAsync();
        });
    }

    /// <summary>Every other life of the worker is on an older processor: what was judged by one kind of kernel is given again to the other.</summary>
    private static async Task KillsAsync(string name, int kills)
    {
        int life = 0;
        var options = new ChaosOptions { Name = name, Seed = Seed, OversizedMail = 26 << 20, WorkerSettings = _ => life++ % 2 == 1 ? ReducedKernels.Settings : ReducedKernels.None };
        var documents = await RunAsync(options, null, async run =>
        {
            for (int kill = 0; kill < kills; kill++) await run.KillWorkerAsync();
        });
        Assert.Equal(2, documents.Select(one => one.Config).Distinct().Count());
    }

    private static async Task<IReadOnlyList<StoredVerdict>> RunAsync(ChaosOptions options, string? folder, Func<ChaosRun, Task> scenario)
    {
        using var data = new TemporaryFolder();
        folder ??= data.Path;
        await using var stream = await EmbeddedStreamProbe.OpenAsync(folder, Cancellation);
        await using var run = await ChaosRun.StartAsync(options, stream, new EmbeddedStoreProbe(folder));
        await scenario(run);
        return await run.FinishAsync();
    }
}
