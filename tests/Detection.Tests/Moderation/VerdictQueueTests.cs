using Detection.Contracts;
using Detection.Moderation.Dashboard;
using Detection.Storage;

namespace Detection.Tests.Moderation;

public sealed class VerdictQueueTests : IAsyncDisposable
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;
    private readonly MemoryVerdictStore _store = new();

    [Fact]
    public async Task New_verdicts_come_on_top_and_older_pages_stay()
    {
        await StoreAsync(0, 120);
        var queue = new VerdictQueue(_store);
        await queue.LoadAsync(new VerdictQuery(), Cancellation);
        await queue.MoreAsync(Cancellation);
        Assert.Equal(100, queue.Items.Count);
        await StoreAsync(120, 3);
        var fresh = await queue.RefreshAsync(Cancellation);
        Assert.Equal(["m122", "m121", "m120"], fresh.Select(hit => hit.Judged.MessageId));
        Assert.Equal(103, queue.Items.Count);
        Assert.Equal(Enumerable.Range(0, 103).Select(i => "m" + (122 - i)), queue.Items.Select(hit => hit.Judged.MessageId));
        Assert.Equal(120, queue.Counts!.Total);
        await queue.RecountAsync(Cancellation);
        Assert.Equal(123, queue.Counts.Total);
    }

    [Fact]
    public async Task A_flood_begins_the_list_anew_and_leaves_no_gap()
    {
        await StoreAsync(0, 60);
        var queue = new VerdictQueue(_store);
        await queue.LoadAsync(new VerdictQuery(), Cancellation);
        await StoreAsync(60, 200);
        await queue.RefreshAsync(Cancellation);
        Assert.Equal("m259", queue.Items[0].Judged.MessageId);
        Assert.Equal(50, queue.Items.Count);
        while (queue.Next is not null) await queue.MoreAsync(Cancellation);
        Assert.Equal(260, queue.Items.Select(hit => hit.Judged.VerdictId).Distinct().Count());
    }

    [Fact]
    public async Task The_counts_of_the_other_actions_stay_visible()
    {
        await _store.StoreAsync([Some.JudgedMessage(Some.Message("a"), VerdictAction.Hold), Some.JudgedMessage(Some.Message("b"), VerdictAction.Allow)], Cancellation);
        var queue = new VerdictQueue(_store);
        await queue.LoadAsync(new VerdictQuery { Actions = [VerdictAction.Hold] }, Cancellation);
        Assert.Single(queue.Items);
        Assert.Equal(1, queue.Counts!.ByAction["allow"]);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private Task StoreAsync(int from, int count) => _store.StoreAsync([.. Enumerable.Range(from, count).Select(i => Some.JudgedMessage(Some.Message("m" + i), processedAt: Some.Time.AddSeconds(i)))], Cancellation);
}
