using System.Net.Http.Json;
using System.Text;
using Confluent.Kafka;
using Detection.Streaming;

namespace Detection.EndToEnd.Chaos;

/// <summary>The auditor's eyes, on real servers: a copy that it does not see would be no problem.</summary>
[Collection("chaos")]
public sealed class ProbeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Speed", "slow")]
    public async Task On_Kafka_every_committed_record_is_seen_and_no_aborted_one()
    {
        using var data = new TemporaryFolder();
        await using var kafka = await SharedServer.StartAsync("kafka", data.Path);
        await using var probe = await KafkaProbe.OpenAsync(kafka.Address);
        Assert.Equal(0, await probe.UnfinishedAsync(Cancellation));
        await probe.SendAsync(new OutgoingRecord("k", "{}"u8.ToArray(), [new(ChaosMessages.IdHeader, "m1")]), Cancellation);
        Assert.Equal(1, await probe.UnfinishedAsync(Cancellation));

        using var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = kafka.Address, TransactionalId = "t" }).Build();
        producer.InitTransactions(TimeSpan.FromSeconds(30));
        foreach (string verdict in new[] { "v1", "v1", "aborted", "v2" })
        {
            producer.BeginTransaction();
            await producer.ProduceAsync("detection.verdicts", new Message<string, string> { Key = "m1", Value = $$"""{"messageId":"m1","verdictId":"{{verdict}}","bundle":{"sha256":"b1"} }""" }, Cancellation);
            await producer.ProduceAsync("detection.messages.dlt", new Message<string, string> { Value = "x", Headers = Letter(verdict) }, Cancellation);
            if (verdict == "aborted") producer.AbortTransaction();
            else producer.CommitTransaction();
        }
        Assert.Equal(["v1", "v1", "v2"], (await probe.VerdictTopicAsync(Cancellation))!.Select(one => one.VerdictId).Order());
        // Two letters about one record are one letter.
        Assert.Equal(["v1", "v2"], (await probe.DeadLettersAsync(Cancellation)).Order());
    }

    private static Headers Letter(string id)
    {
        var headers = new Headers();
        foreach (var (name, value) in new[] { (ChaosMessages.IdHeader, id), ("detection-dlt-original-topic", "t"), ("detection-dlt-original-partition", "0"), ("detection-dlt-original-offset", id) })
            headers.Add(name, Encoding.UTF8.GetBytes(value));
        return headers;
    }

    [Theory]
    [Trait("Speed", "slow")]
    [InlineData("elasticsearch")]
    [InlineData("opensearch")]
    public async Task On_a_search_server_a_document_in_two_indices_is_seen_twice(string kind)
    {
        using var data = new TemporaryFolder();
        await using var server = await SharedServer.StartAsync(kind, data.Path);
        using var http = new HttpClient { BaseAddress = new Uri(server.Address) };
        foreach (string index in new[] { "detection-verdicts-2026.01-v1", "detection-verdicts-2026.02-v1", "detection-other" })
            (await http.PutAsJsonAsync($"/{index}/_doc/v1", new { messageId = "m1", verdictId = "v1", bundle = new { sha256 = "b1" }, config = "c1", processedAt = "2026-01-31T08:30:00.0000000Z" }, Cancellation)).EnsureSuccessStatusCode();
        await using var probe = new ElasticsearchProbe(server.Address);
        var documents = await probe.DocumentsAsync(Cancellation);
        Assert.Equal([new SeenVerdict("m1", "v1", "b1"), new SeenVerdict("m1", "v1", "b1")], documents.Select(one => one.Verdict));
    }
}
