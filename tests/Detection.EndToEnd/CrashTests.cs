using System.Text;
using System.Text.Json;
using Detection.Contracts;
using Detection.Storage;
using Detection.Storage.Sqlite;
using Detection.Streaming;
using Detection.Streaming.Embedded;

namespace Detection.EndToEnd;

/// <summary>kill -9 of the real worker at random instants: afterwards every accepted message has exactly one verdict.</summary>
public sealed class CrashTests
{
    private const int Kills = 20, MessagesAKill = 15, Seed = 20260311;

    [Fact]
    [Trait("Speed", "slow")]
    public async Task Twenty_kills_lose_nothing_and_store_nothing_twice()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var data = new TemporaryFolder();
        var random = new Random(Seed);
        var accepted = new List<string>();
        await using var queue = new EmbeddedStream(new EmbeddedStreamOptions { Folder = data.Path });
        await queue.OpenAsync(cancellation);

        for (int kill = 0; kill < Kills; kill++)
        {
            string url = TheProgram.FreeUrl();
            await using var worker = Worker(data.Path, url);
            await worker.ReadyAsync(url, TimeSpan.FromMinutes(2));
            await SendAsync(queue, accepted, random, cancellation);
            await Task.Delay(random.Next(0, 400), cancellation);
            await worker.KillAsync();
        }

        string last = TheProgram.FreeUrl();
        await using var survivor = Worker(data.Path, last);
        await survivor.ReadyAsync(last, TimeSpan.FromMinutes(2));
        await using var store = new SqliteVerdictStore(new VerdictStoreOptions { Folder = data.Path });
        await store.OpenAsync(cancellation);
        await UntilAsync(async () => (await queue.DepthAsync(cancellation)).Unfinished == 0, TimeSpan.FromMinutes(3));

        var stored = await MessageIdsAsync(store, cancellation);
        Assert.Empty(accepted.Except(stored));
        Assert.Empty(stored.Except(accepted));
        Assert.Equal(stored.Count, stored.Distinct().Count());
        Assert.Equal(0, await queue.CountAsync(cancellation));
    }

    private static TheProgram Worker(string data, string url) => TheProgram.Start(data, ["worker"], new Dictionary<string, string> { ["Detection__Http__Urls"] = url });

    private static async Task SendAsync(EmbeddedStream queue, List<string> accepted, Random random, CancellationToken cancellation)
    {
        for (int i = 0; i < MessagesAKill; i++)
        {
            string id = $"m-{accepted.Count:D4}";
            string text = string.Join(' ', Enumerable.Range(0, random.Next(5, 60)).Select(_ => $"word{random.Next(500)}"));
            byte[] json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new Message { Id = id, Text = text }, ContractJson.Sparse));
            await queue.SendAsync([new OutgoingRecord(id, json, [])], cancellation);
            accepted.Add(id);
        }
    }

    /// <summary>Counted by the sender's id, over every document: verdict ids would hide doubles.</summary>
    private static async Task<List<string>> MessageIdsAsync(SqliteVerdictStore store, CancellationToken cancellation)
    {
        var ids = new List<string>();
        string? after = null;
        do
        {
            var page = await store.SearchAsync(new VerdictQuery { Take = 500, After = after }, cancellation);
            ids.AddRange(page.Items.Select(hit => hit.Judged.MessageId));
            after = page.Next;
        }
        while (after is not null);
        return ids;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, TimeSpan patience)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < patience, $"Not within {patience}.");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
