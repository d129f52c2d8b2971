using System.Collections.Concurrent;
using System.Text;
using Confluent.Kafka;
using Detection.Streaming;
using Detection.Streaming.Kafka;

namespace Detection.Tests.Streaming;

/// <summary>The contract with results, letters and positions in transactions.</summary>
public sealed class TransactionalKafkaStreamTests(SharedKafka kafka) : MessageStreamContract
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    protected override async Task<(IMessageStream Stream, IMessageSink Sink)> OpenAsync(string data, int maxInFlight, long maxInFlightBytes, int maxAhead)
    {
        var stream = await OpenAsync(await OptionsAsync(data) with { MaxInFlight = maxInFlight, MaxInFlightBytes = maxInFlightBytes, MaxAhead = maxAhead });
        return (stream, stream);
    }

    [Fact]
    public async Task After_an_abandoned_worker_every_result_is_read_once()
    {
        using var data = new TemporaryFolder();
        var options = await OptionsAsync(data.Path) with { InstanceId = "worker-1", SessionTimeout = LongSession };
        await using var abandoned = await OpenAsync(options);
        await abandoned.SendAsync([.. Enumerable.Range(0, 100).Select(i => Record($"{i % 7}", $"{i}"))], Cancellation);
        var received = await ReceiveAsync(abandoned, 100);
        // Some go out, some wait for one below them that is never finished.
        await abandoned.CompleteAsync([.. received.Where((_, i) => i < 30 || i % 3 == 0).Select(Judged)], Cancellation);
        await UntilReadAsync(options, 30);

        await using var next = await OpenAsync(options);
        HashSet<string> done = [.. Verdicts(options)];
        await foreach (var delivery in next.ReceiveAsync(Cancellation))
        {
            await next.CompleteAsync([Judged(delivery)], Cancellation);
            // Late, by the worker that was replaced: they are not its own any more.
            await abandoned.CompleteAsync([.. received.Select(Judged)], Cancellation);
            done.Add(Text(delivery));
            if (done.Count == 100) break;
        }
        await next.DisposeAsync();
        await abandoned.DisposeAsync();
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), Verdicts(options).OrderBy(int.Parse));
    }

    /// <summary>Cause: the group's position was asked of the consumer, which answers nothing while it is closed; the last results did not go out, and closing took 10 s.</summary>
    [Fact]
    public async Task Results_go_out_when_the_last_transaction_before_closing_is_fenced()
    {
        using var data = new TemporaryFolder();
        var options = await OptionsAsync(data.Path) with { InstanceId = "worker-1", SessionTimeout = LongSession, CommitInterval = TimeSpan.FromSeconds(2) };
        await using var stream = await OpenAsync(options);
        await stream.SendAsync([Record("a", "0"), Record("a", "1")], Cancellation);
        var received = await ReceiveAsync(stream, 2);
        await stream.CompleteAsync([Judged(received[0])], Cancellation);
        await UntilReadAsync(options, 1);
        using var intruder = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = options.BootstrapServers, TransactionalId = $"{options.Prefix}.worker-1" }).Build();
        intruder.InitTransactions(Patience);
        await stream.CompleteAsync([Judged(received[1])], Cancellation);
        await stream.DisposeAsync();
        Assert.Equal(["0", "1"], Verdicts(options));
    }

    /// <summary>Cause: a worker that the group had given up tried its last transaction again as fast as it could, each refused, for as long as it may wait for a partition that goes.</summary>
    [Fact]
    public async Task A_worker_that_the_group_gave_up_while_it_let_go_of_a_partition_publishes_nothing()
    {
        using var data = new TemporaryFolder();
        var options = await OptionsAsync(data.Path) with { DrainTimeout = TimeSpan.FromMinutes(1), Settings = new Dictionary<string, string> { ["max.poll.interval.ms"] = "6000" } };
        var failures = new ConcurrentQueue<string>();
        await using var slow = new KafkaStream(options, warn: line =>
        {
            if (line.Contains("a transaction failed", StringComparison.Ordinal)) failures.Enqueue(line);
        });
        await slow.OpenAsync(Cancellation);
        await slow.SendAsync([.. Enumerable.Range(0, 40).Select(i => Record($"{i}", $"{i}"))], Cancellation);
        var received = await ReceiveAsync(slow, 40);
        // The second makes it let go of partitions, for which it waits until they are finished; the third makes the group wait for it, in vain.
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using var second = await OpenAsync(options);
        var others = new List<Task> { CompleteAllAsync(second, enough.Token) };
        await UntilMembersAsync(options, 2);
        await using var third = await OpenAsync(options);
        others.Add(CompleteAllAsync(third, enough.Token));
        await UntilReadAsync(options, 40);
        await slow.CompleteAsync([.. received.Select(Judged)], Cancellation);
        await slow.DisposeAsync();
        await enough.CancelAsync();
        await Task.WhenAll(others);
        Assert.InRange(failures.Count, 0, 2);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{i}"), Verdicts(options).OrderBy(int.Parse));
    }

    private static async Task UntilMembersAsync(KafkaStreamOptions options, int count)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(2 * Patience);
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = options.BootstrapServers }).Build();
        while ((await admin.DescribeConsumerGroupsAsync([options.Prefix])).ConsumerGroupDescriptions[0] is not { State: ConsumerGroupState.Stable } group || group.Members.Count != count)
            await Task.Delay(100, patience.Token);
    }

    private static async Task CompleteAllAsync(KafkaStream stream, CancellationToken enough)
    {
        try
        {
            await foreach (var delivery in stream.ReceiveAsync(enough)) await stream.CompleteAsync([Judged(delivery)], enough);
        }
        catch (OperationCanceledException) { }
    }

    /// <summary>
    /// Cause: librdkafka, told that a position is not stable yet, forgets that answer when a rebalance came between, and begins at the first record: results that were out went out once more.
    /// </summary>
    [Fact]
    public async Task Nothing_below_a_position_is_read_again_when_partitions_move_while_its_transaction_is_open()
    {
        using var data = new TemporaryFolder();
        var options = await OptionsAsync(data.Path);
        await using var first = await OpenAsync(options);
        await first.SendAsync([.. Enumerable.Range(0, 40).Select(i => Record($"{i}", "done"))], Cancellation);
        using var worker = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = options.BootstrapServers, GroupId = options.Prefix }).Build();
        using var producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = options.BootstrapServers, TransactionalId = options.Prefix }).Build();
        producer.InitTransactions(Patience);
        producer.BeginTransaction();
        var ends = Enumerable.Range(0, 4).Select(partition => new TopicPartition($"{options.Prefix}.messages", partition)).Select(end => new TopicPartitionOffset(end, worker.QueryWatermarkOffsets(end, Patience).High));
        producer.SendOffsetsToTransaction([.. ends], worker.ConsumerGroupMetadata, Patience);

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using var second = await OpenAsync(options);
        // Time to ask again and again for positions, alone and while partitions move.
        var one = CompleteAllAsync(first, enough.Token);
        await Task.Delay(TimeSpan.FromSeconds(4), Cancellation);
        var other = CompleteAllAsync(second, enough.Token);
        await Task.Delay(TimeSpan.FromSeconds(4), Cancellation);
        producer.CommitTransaction();
        await first.SendAsync([.. Enumerable.Range(0, 40).Select(i => Record($"{i}", $"{i}"))], Cancellation);
        await UntilReadAsync(options, 40);
        await enough.CancelAsync();
        await Task.WhenAll(one, other);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{i}"), Verdicts(options).OrderBy(text => int.TryParse(text, out int i) ? i : -1));
    }

    [Fact]
    public async Task A_result_too_large_for_its_topic_holds_nothing_up()
    {
        using var data = new TemporaryFolder();
        var options = await OptionsAsync(data.Path);
        await using var stream = await OpenAsync(options);
        await stream.SendAsync([Record("a", "large"), Record("a", "small")], Cancellation);
        var received = await ReceiveAsync(stream, 2);
        await stream.CompleteAsync([new Completion(received[0], new OutgoingRecord("k", new byte[9 << 20], [])), Judged(received[1])], Cancellation);
        await UntilReadAsync(options, 1);
        Assert.Equal(["small"], Verdicts(options));
    }

    [Fact]
    public async Task A_letter_goes_out_with_its_position_and_once()
    {
        using var data = new TemporaryFolder();
        var options = await OptionsAsync(data.Path) with { InstanceId = "worker-1", SessionTimeout = LongSession };
        await using var abandoned = await OpenAsync(options);
        await abandoned.SendAsync([Record("a", "0"), Record("a", "1"), Record("a", "2")], Cancellation);
        var received = await ReceiveAsync(abandoned, 3);
        await abandoned.DeadLetterAsync(received[0], new DeadLetterReason("x", "x"), Cancellation);
        Assert.Equal(1, await WaitForLettersAsync(abandoned, 1));
        await abandoned.DeadLetterAsync(received[2], new DeadLetterReason("x", "x"), Cancellation);
        await using var next = await OpenAsync(options);
        foreach (var delivery in await ReceiveAsync(next, 2)) await next.DeadLetterAsync(delivery, new DeadLetterReason("x", "x"), Cancellation);
        await WaitForLettersAsync(next, 3);
        Assert.Equal(["0", "1", "2"], KafkaRecordsOf.Topic(options.BootstrapServers, options.Prefix + ".messages.dlt", 1).Select(KafkaRecordsOf.Text));
    }

    private static Completion Judged(Delivery delivery) => new(delivery, new OutgoingRecord(delivery.Key, Encoding.UTF8.GetBytes(Text(delivery)), []));

    private static IEnumerable<string> Verdicts(KafkaStreamOptions options) => KafkaRecordsOf.Topic(options.BootstrapServers, options.Prefix + ".verdicts", 4).Select(KafkaRecordsOf.Text);

    private static async Task UntilReadAsync(KafkaStreamOptions options, int count)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(Patience);
        while (Verdicts(options).Count() < count) await Task.Delay(100, patience.Token);
    }

    private static async Task<KafkaStream> OpenAsync(KafkaStreamOptions options)
    {
        var stream = new KafkaStream(options);
        await stream.OpenAsync(Cancellation);
        return stream;
    }

    private async Task<KafkaStreamOptions> OptionsAsync(string data) => new() { BootstrapServers = await kafka.BootstrapServersAsync(), Prefix = Path.GetFileName(data), Transactional = true };
}
