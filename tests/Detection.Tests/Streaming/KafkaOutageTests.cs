using System.Text;
using Detection.Streaming;
using Detection.Streaming.Kafka;

namespace Detection.Tests.Streaming;

/// <summary>Brokers of their own: killed and started again, absent, and with passwords.</summary>
public sealed class KafkaOutageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_broker_that_dies_stops_progress_and_nothing_is_lost_when_it_is_back(bool transactional)
    {
        await using var server = await KafkaServer.StartAsync();
        var options = new KafkaStreamOptions { BootstrapServers = server.BootstrapServers, Transactional = transactional, RequestTimeout = TimeSpan.FromSeconds(4) };
        await using var stream = new KafkaStream(options);
        await stream.OpenAsync(Cancellation);
        await stream.SendAsync(Numbered(0, 100), Cancellation);
        await using var deliveries = stream.ReceiveAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        HashSet<string> done = [];
        await CompleteUntilAsync(40);

        await server.KillAsync();
        var away = await Assert.ThrowsAsync<StreamException>(() => stream.CheckAsync(Cancellation));
        Assert.Equal(StreamFault.Unavailable, away.Fault);
        Assert.Contains(server.BootstrapServers, away.Message, StringComparison.Ordinal);
        Assert.Equal(StreamFault.Unavailable, (await Assert.ThrowsAsync<StreamException>(() => stream.SendAsync(Numbered(100, 1), Cancellation))).Fault);
        Assert.Equal(StreamFault.Unavailable, (await Assert.ThrowsAsync<StreamException>(() => stream.CountAsync(Cancellation))).Fault);

        await server.RestartAsync();
        await stream.CheckAsync(Cancellation);
        await stream.SendAsync(Numbered(100, 20), Cancellation);
        await CompleteUntilAsync(120);
        Assert.Equal(Enumerable.Range(0, 120).Select(i => $"{i}"), done.OrderBy(int.Parse));
        await stream.DisposeAsync();
        var verdicts = KafkaRecordsOf.Topic(server.BootstrapServers, "detection.verdicts", 4).Select(KafkaRecordsOf.Text).ToList();
        Assert.Equal(done.Order(), verdicts.Distinct().Order());
        if (transactional) Assert.Equal(done.Count, verdicts.Count);

        async Task CompleteUntilAsync(int count)
        {
            while (done.Count < count && await deliveries.MoveNextAsync())
            {
                string text = Encoding.UTF8.GetString(deliveries.Current.Value.Span);
                await stream.CompleteAsync([new Completion(deliveries.Current, new OutgoingRecord(null, deliveries.Current.Value, []))], Cancellation);
                done.Add(text);
            }
        }
    }

    [Fact]
    public async Task A_broker_that_is_not_there_is_named()
    {
        await using var stream = new KafkaStream(new() { BootstrapServers = "127.0.0.1:1", RequestTimeout = TimeSpan.FromSeconds(1) });
        foreach (var call in new Func<Task>[] { () => stream.OpenAsync(Cancellation), () => stream.CountAsync(Cancellation), () => stream.RetryAsync([1], Cancellation), () => stream.CheckAsync(Cancellation) })
        {
            var away = await Assert.ThrowsAsync<StreamException>(call);
            Assert.Equal(StreamFault.Unavailable, away.Fault);
            Assert.Contains("127.0.0.1:1", away.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_password_is_given_by_settings_and_a_wrong_one_is_refused_and_not_shown()
    {
        await using var server = await KafkaServer.StartAsync(
            "listener.security.protocol.map=PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name=PLAINTEXT",
            "sasl.enabled.mechanisms=PLAIN",
            "sasl.mechanism.inter.broker.protocol=PLAIN",
            "listener.name.plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"admin\" password=\"inside\" user_admin=\"inside\" user_worker=\"geheim\";");
        var options = new KafkaStreamOptions { BootstrapServers = server.BootstrapServers, RequestTimeout = TimeSpan.FromSeconds(4), Settings = Secured("geheim") };
        await using var stream = new KafkaStream(options);
        await stream.OpenAsync(Cancellation);
        await stream.SendAsync(Numbered(0, 1), Cancellation);
        await foreach (var delivery in stream.ReceiveAsync(Cancellation))
        {
            await stream.DeadLetterAsync(delivery, new DeadLetterReason("x", "x"), Cancellation);
            break;
        }
        Assert.Equal(1, await stream.RetryAsync([(await stream.ListAsync(0, 1, Cancellation))[0].Id], Cancellation));

        List<string> lines = [];
        await using var refused = new KafkaStream(options with { Settings = Secured("falsch!") }, warn: line => { lock (lines) lines.Add(line); });
        var wrong = await Assert.ThrowsAsync<StreamException>(() => refused.OpenAsync(Cancellation));
        lock (lines) Assert.DoesNotContain("falsch!", wrong + string.Concat(lines), StringComparison.Ordinal);
        lock (lines) Assert.Contains(lines, line => line.Contains("uthentication", StringComparison.Ordinal));
    }

    private static Dictionary<string, string> Secured(string password) => new() { ["security_protocol"] = "sasl_plaintext", ["sasl_mechanism"] = "PLAIN", ["sasl_username"] = "worker", ["sasl_password"] = password };

    private static OutgoingRecord[] Numbered(int from, int count) => [.. Enumerable.Range(from, count).Select(i => new OutgoingRecord($"{i}", Encoding.UTF8.GetBytes($"{i}"), []))];
}
