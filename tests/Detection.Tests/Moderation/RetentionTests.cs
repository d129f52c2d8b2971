using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Detection.Contracts;
using Detection.Moderation;
using Detection.ServiceDefaults;
using Detection.Storage;
using Detection.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Detection.Tests.Moderation;

public sealed class RetentionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_older_than_the_days_configured_is_deleted_at_the_start_and_again_at_the_interval()
    {
        using var data = new TemporaryFolder();
        await using var store = new SqliteVerdictStore(new VerdictStoreOptions { Folder = data.Path });
        await store.OpenAsync(Cancellation);
        await store.StoreAsync([Old("old", 40), Old("young", 2)], Cancellation);
        var time = new FakeTimeProvider(Some.Time);
        var options = new DetectionOptions { Retention = { VerdictDays = 30, Every = TimeSpan.FromHours(1) } };
        using var worker = new RetentionWorker(store, Options.Create(options), time, NullLogger<RetentionWorker>.Instance);
        await worker.StartAsync(Cancellation);
        await LeftAsync(store, "young");
        time.Advance(TimeSpan.FromDays(31));
        await LeftAsync(store);
        await worker.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task An_author_is_erased_on_request_and_only_a_record_with_a_hash_stays()
    {
        await using var server = await ModerationServer.StartAsync(Some.JudgedMessage());
        using var erased = await server.Client.PostAsJsonAsync("/api/v1/erasures", new { author = "ANNA@example.org" }, Cancellation);
        Assert.Equal(HttpStatusCode.OK, erased.StatusCode);
        using var list = JsonDocument.Parse(await server.Client.GetStringAsync("/api/v1/erasures", Cancellation));
        var record = Assert.Single(list.RootElement.EnumerateArray());
        Assert.Equal((1, "local"), (record.GetProperty("verdicts").GetInt32(), record.GetProperty("by").GetString()));
        Assert.DoesNotContain("anna", list.RootElement.GetRawText(), StringComparison.OrdinalIgnoreCase);
        using var wrong = await server.Client.PostAsJsonAsync("/api/v1/erasures", new { author = " " }, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    private static JudgedMessage Old(string id, int days) => Some.JudgedMessage(Some.Message(id), processedAt: Some.Time.AddDays(-days));

    private static async Task LeftAsync(SqliteVerdictStore store, params string[] ids)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (!(await store.SearchAsync(new VerdictQuery(), Cancellation)).Items.Select(hit => hit.Judged.MessageId).SequenceEqual(ids)) await Task.Delay(20, patience.Token);
    }
}
