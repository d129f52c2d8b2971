using System.Text.Json;
using Detection.Contracts;
using Detection.Moderation;
using Detection.Storage;
using Detection.Storage.Sqlite;
using Detection.Streaming.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace Detection.Tests.Moderation;

/// <summary>From the outbox of a real store to a real broker.</summary>
public sealed class DecisionPublisherTests(SharedKafka kafka)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_in_force_goes_out_a_record_a_message_and_an_undone_decision_takes_its_key_away()
    {
        string servers = await kafka.BootstrapServersAsync(), prefix = $"decisions-{Guid.NewGuid():N}";
        using var data = new TemporaryFolder();
        await using var store = new SqliteVerdictStore(new VerdictStoreOptions { Folder = data.Path });
        await store.OpenAsync(Cancellation);
        var (kept, undone) = (Some.JudgedMessage(Some.Message("kept")), Some.JudgedMessage(Some.Message("undone")));
        await store.StoreAsync([kept, undone], Cancellation);
        await store.DecideAsync(Some.Decision(kept, "d1"), Cancellation);
        await store.DecideAsync(Some.Decision(undone, "d2"), Cancellation);
        await using var topic = new KafkaStates(new KafkaStreamOptions { BootstrapServers = servers, Prefix = prefix });
        using var publisher = new DecisionPublisher(store, topic, TimeProvider.System, NullLogger<DecisionPublisher>.Instance);
        await publisher.StartAsync(Cancellation);
        await PublishedAsync(store);
        await store.DecideAsync(Some.Decision(undone, "u2", undoes: "d2"), Cancellation);
        await PublishedAsync(store);
        await publisher.StopAsync(CancellationToken.None);

        var latest = KafkaRecordsOf.Topic(servers, $"{prefix}.decisions", 4).GroupBy(record => System.Text.Encoding.UTF8.GetString(record.Message.Key)).ToDictionary(key => key.Key, key => key.MaxBy(record => record.Offset.Value)!);
        Assert.Equal(2, latest.Count);
        Assert.Null(latest[$"undone:{undone.ContentSha256}"].Message.Value);
        var record = latest[$"kept:{kept.ContentSha256}"];
        Assert.Equal("detection.decision.v1", record.Header("ce_type"));
        using var json = JsonDocument.Parse(record.Message.Value);
        Assert.Equal(("kept", "d1", "spam"), (json.RootElement.GetProperty("messageId").GetString(), json.RootElement.GetProperty("decisionId").GetString(), json.RootElement.GetProperty("labels").GetProperty("mail").GetString()));
    }

    private static async Task PublishedAsync(SqliteVerdictStore store)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while ((await store.PendingDecisionsAsync(10, Cancellation)).Count > 0) await Task.Delay(20, patience.Token);
    }
}
