namespace Detection.EndToEnd.Chaos;

/// <summary>One at a time, and nothing beside it: the instants would not be those of the run.</summary>
[CollectionDefinition("chaos", DisableParallelization = true)]
public sealed class ChaosCollection;

/// <summary>The embedded queue and store under kill -9, poison, a full disk, a slow worker and a clock that jumps.</summary>
[Collection("chaos")]
public sealed class EmbeddedChaosTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Speed", "slow")]
    public Task Ten_kills_of_the_worker_lose_nothing_and_double_nothing() => KillsAsync("embedded-kills", 10);

    [Fact]
    [Trait("Speed", "nightly")]
    public Task Two_hundred_kills_of_the_worker_lose_nothing_and_double_nothing()
    {
        Nightly.Only();
        return KillsAsync("embedded-kills-nightly", 200);
    }

    private static async Task KillsAsync(string name, int kills)
    {
        using var data = new TemporaryFolder();
        await using var stream = await EmbeddedStreamProbe.OpenAsync(data.Path, Cancellation);
        await using var run = await ChaosRun.StartAsync(new ChaosOptions { Name = name, Seed = 20260311, OversizedMail = 26 << 20 }, stream, new EmbeddedStoreProbe(data.Path));
        for (int kill = 0; kill < kills; kill++) await run.KillWorkerAsync();
        await run.FinishAsync();
    }
}
