using System.ComponentModel.DataAnnotations;
using System.Diagnostics.Metrics;
using System.Text;
using Confluent.Kafka;
using Detection.Streaming;
using Detection.Streaming.Kafka;

namespace Detection.Tests.Streaming;

/// <summary>The contract on a real broker, every case with topics of its own, and what only Kafka has.</summary>
public sealed class KafkaStreamTests(SharedKafka kafka) : MessageStreamContract
{
    protected override async Task<(IMessageStream Stream, IMessageSink Sink)> OpenAsync(string data, int maxInFlight, long maxInFlightBytes, int maxAhead)
    {
        var stream = await OpenAsync(await OptionsAsync(data) with { MaxInFlight = maxInFlight, MaxInFlightBytes = maxInFlightBytes, MaxAhead = maxAhead });
        return (stream, stream);
    }

    [Fact]
    public async Task Results_are_on_their_topic_when_completing_is_done()
    {
        using var data = new TemporaryFolder();
        var options = await OptionsAsync(data.Path);
        await using var stream = await OpenAsync(options);
        await stream.SendAsync([Record("a", "1")], Cancellation);
        var received = Assert.Single(await ReceiveAsync(stream, 1));
        var result = new OutgoingRecord("m1", Encoding.UTF8.GetBytes("verdict"), [new("ce_type", "detection.verdict.v1")]);
        await stream.CompleteAsync([new Completion(received, result)], Cancellation);
        await stream.CompleteAsync([new Completion(received, result)], Cancellation);
        var verdict = Assert.Single(Read(options, ".verdicts"));
        Assert.Equal(("m1", "verdict", "detection.verdict.v1"), (Encoding.UTF8.GetString(verdict.Message.Key), verdict.Text(), verdict.Header("ce_type")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Partitions_move_to_a_worker_that_joins_and_back_and_nothing_is_done_twice_or_lost(bool transactional)
    {
        using var data = new TemporaryFolder();
        // Nothing is done twice as long as nobody is taken for dead, and a partition that moves waits for what is in flight; a busy machine can take its time.
        var options = await OptionsAsync(data.Path) with { Transactional = transactional, SessionTimeout = LongSession, DrainTimeout = LongSession };
        const int Count = 300;
        await using var first = await OpenAsync(options);
        var second = await OpenAsync(options);
        var done = new Collected();
        await first.SendAsync(Numbered(0, Count), Cancellation);
        using CancellationTokenSource firstStops = new(), secondStops = new();
        var working = WorkAsync(first, done, "first", firstStops.Token);
        await done.ReachedAsync(1);
        var joining = WorkAsync(second, done, "second", secondStops.Token);
        // More until the second has joined, so that there is something left for it.
        for (int sent = Count; !done.By("second"); sent += 100)
        {
            await first.SendAsync(Numbered(sent, 100), Cancellation);
            done.Expected = sent + 100;
            await done.ReachedAsync(sent - 200);
        }
        await done.ReachedAsync(done.Expected);
        await secondStops.CancelAsync();
        await joining;
        await second.DisposeAsync();
        int all = done.Expected + 100;
        await first.SendAsync(Numbered(done.Expected, 100), Cancellation);
        await done.ReachedAsync(all);
        Assert.Equal(Enumerable.Range(0, all).Select(i => $"{i}"), done.Texts.OrderBy(int.Parse));
        await firstStops.CancelAsync();
        await working;
        await first.DisposeAsync();
        Assert.Equal(done.Texts.OrderBy(int.Parse), Read(options, ".verdicts").Select(KafkaRecordsOf.Text).OrderBy(int.Parse));
    }

    [Fact]
    public async Task A_worker_that_is_stuck_lets_partitions_go_and_what_it_finishes_too_late_moves_nothing()
    {
        using var data = new TemporaryFolder();
        var options = await OptionsAsync(data.Path) with { MaxInFlight = 8, DrainTimeout = TimeSpan.FromMilliseconds(200) };
        await using var stuck = await OpenAsync(options);
        await stuck.SendAsync(Numbered(0, 100), Cancellation);
        using CancellationTokenSource stops = new();
        var held = await ReceiveAsync(stuck, 8);
        await using var second = await OpenAsync(options);
        await ReceiveAsync(second, 1);
        await stuck.CompleteAsync([.. held], Cancellation);
        // Both go on; what was held counts as done only where the partition has stayed.
        var done = new Collected();
        var working = Task.WhenAll(WorkAsync(stuck, done, "stuck", stops.Token), WorkAsync(second, done, "second", stops.Token));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (done.Texts.Concat(held.Where(delivery => !done.Partitions("second").Contains(delivery.Partition)).Select(Text)).Distinct().Count() < 100) await Task.Delay(20, patience.Token);
        await stops.CancelAsync();
        await working;
        Assert.Equal(done.Texts.Distinct().Count(), done.Texts.Count);
        Assert.NotEmpty(done.Partitions("second"));
    }

    /// <summary>librdkafka keeps the pause of a partition that goes; a worker that went on reading meanwhile never read it again when it came back.</summary>
    [Fact]
    public async Task A_partition_that_went_while_reading_was_paused_is_read_when_it_comes_back()
    {
        using var data = new TemporaryFolder();
        var options = await OptionsAsync(data.Path) with { MaxInFlight = 8, DrainTimeout = TimeSpan.FromMilliseconds(200) };
        await using var slow = await OpenAsync(options);
        await slow.SendAsync(Numbered(0, 100), Cancellation);
        using CancellationTokenSource slowStops = new(), secondStops = new();
        // Nothing is finished for longer than the worker waits for room: the group's rebalancing takes seconds.
        var held = await ReceiveAsync(slow, 8);
        var second = await OpenAsync(options);
        var done = new Collected();
        var joining = WorkAsync(second, done, "second", secondStops.Token);
        await done.ReachedAsync(1);
        await slow.CompleteAsync([.. held], Cancellation);
        var working = WorkAsync(slow, done, "slow", slowStops.Token);
        await done.ReachedAsync(92);
        await secondStops.CancelAsync();
        await joining;
        await second.DisposeAsync();
        await slow.SendAsync(Numbered(100, 100), Cancellation);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (Enumerable.Range(100, 100).Select(i => $"{i}").Except(done.Texts).Any()) await Task.Delay(20, patience.Token);
        await slowStops.CancelAsync();
        await working;
    }

    [Fact]
    public async Task A_record_that_comes_again_after_its_letter_was_written_leaves_no_second_letter()
    {
        using var data = new TemporaryFolder();
        var options = await OptionsAsync(data.Path) with { InstanceId = "worker-1", SessionTimeout = LongSession };
        await using var abandoned = await OpenAsync(options);
        await abandoned.SendAsync([Record("a", "0"), Record("a", "1")], Cancellation);
        var received = await ReceiveAsync(abandoned, 2);
        // The first is never finished, so that the position stays below the letter.
        await abandoned.DeadLetterAsync(received[1], new DeadLetterReason("x", "x"), Cancellation);
        await using var next = await OpenAsync(options);
        foreach (var delivery in await ReceiveAsync(next, 2)) await next.DeadLetterAsync(delivery, new DeadLetterReason("x", "x"), Cancellation);
        Assert.Equal(["1", "0"], Read(options, ".messages.dlt", 1).Select(KafkaRecordsOf.Text));
        Assert.Equal(2, await next.CountAsync(Cancellation));
    }

    [Fact]
    public async Task A_worker_that_takes_over_a_name_is_given_what_was_unfinished_and_the_one_before_moves_nothing_more()
    {
        using var data = new TemporaryFolder();
        var options = await OptionsAsync(data.Path) with { InstanceId = "worker-1", SessionTimeout = LongSession };
        await using var abandoned = await OpenAsync(options);
        await abandoned.SendAsync([.. Enumerable.Range(0, 10).Select(i => Record("a", $"{i}"))], Cancellation);
        var received = await ReceiveAsync(abandoned, 10);
        await using var next = await OpenAsync(options);
        var again = await ReceiveAsync(next, 10);
        Assert.Equal(received.Select(Text), again.Select(Text));
        await abandoned.CompleteAsync([.. received], Cancellation);
        var fenced = await Assert.ThrowsAsync<StreamException>(() => ReceiveAsync(abandoned, 11));
        Assert.Equal(StreamFault.InUse, fenced.Fault);
        Assert.Contains("worker-1", fenced.Message, StringComparison.Ordinal);
        await next.DisposeAsync();
        await using var last = await OpenAsync(options);
        Assert.Equal(received.Select(Text), (await ReceiveAsync(last, 10)).Select(Text));
    }

    [Fact]
    public async Task Bytes_that_are_no_text_and_records_without_a_value_are_received_and_kept_as_they_came()
    {
        using var data = new TemporaryFolder();
        var options = await OptionsAsync(data.Path);
        await using var stream = await OpenAsync(options);
        using (var producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = options.BootstrapServers }).Build())
            await producer.ProduceAsync(options.Prefix + ".messages", new Message<byte[], byte[]> { Key = [0xFF, 1], Value = null!, Headers = new Headers { { "odd", [0xC3, 0x28] }, { "none", null } } }, Cancellation);
        var received = Assert.Single(await ReceiveAsync(stream, 1));
        Assert.Equal((0, "\uFFFD\u0001"), (received.Value.Length, received.Key));
        Assert.Equal([new("odd", "\uFFFD("), new("none", "")], received.Headers);
        await stream.DeadLetterAsync(received, new DeadLetterReason("JsonException", "empty"), Cancellation);
        var letter = Assert.Single(Read(options, ".messages.dlt", 1));
        Assert.Equal([0xFF, 1], letter.Message.Key);
        Assert.Equal([0xC3, 0x28], letter.Message.Headers[0].GetValueBytes());
        Assert.Null(letter.Message.Value);
        Assert.Equal((options.Prefix + ".messages", $"{received.Partition}", "0", options.Prefix, "JsonException", "empty", "1"), (letter.Header("detection-dlt-original-topic"), letter.Header("detection-dlt-original-partition"),
            letter.Header("detection-dlt-original-offset"), letter.Header("detection-dlt-group"), letter.Header("detection-dlt-exception"), letter.Header("detection-dlt-message"), letter.Header("detection-dlt-attempts")));
        Assert.Equal(received.Timestamp, DateTimeOffset.Parse(letter.Header("detection-dlt-original-timestamp")!, null));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_letter_too_large_for_its_topic_leaves_its_value_where_it_came_from_and_can_be_retried(bool transactional)
    {
        using var data = new TemporaryFolder();
        var options = await OptionsAsync(data.Path) with { Transactional = transactional };
        using (var topics = new KafkaTopics(options))
            await topics.CreateAsync([new(options.Prefix + ".messages.dlt", 1, -1, new Dictionary<string, string> { ["max.message.bytes"] = "2000" })]);
        await using var stream = await OpenAsync(options);
        string large = new('x', 3000);
        await stream.SendAsync([Record("k", large)], Cancellation);
        var received = Assert.Single(await ReceiveAsync(stream, 1));
        await stream.DeadLetterAsync(received, new DeadLetterReason("Failed", "failed"), Cancellation);
        await WaitForLettersAsync(stream, 1);
        var onTopic = Assert.Single(Read(options, ".messages.dlt", 1));
        Assert.Equal((0, "3000"), (onTopic.Message.Value.Length, onTopic.Header("detection-dlt-value-bytes")));
        var letter = Assert.Single(await stream.ListAsync(0, 10, Cancellation));
        Assert.Equal(large, Text((await stream.FindAsync(letter.Id, Cancellation))!.Delivery));
        Assert.Equal(1, await stream.RetryAsync([letter.Id], Cancellation));
        Assert.Equal(large, Text(Assert.Single(await ReceiveAsync(stream, 1))));
    }

    [Fact]
    public async Task A_letter_is_put_back_once_however_many_ask()
    {
        using var data = new TemporaryFolder();
        var options = await OptionsAsync(data.Path);
        await using var stream = await OpenAsync(options);
        await stream.SendAsync(Numbered(0, 20), Cancellation);
        foreach (var delivery in await ReceiveAsync(stream, 20)) await stream.DeadLetterAsync(delivery, new DeadLetterReason("x", "x"), Cancellation);
        var letters = await stream.ListAsync(0, 100, Cancellation);
        Assert.Equal(20, letters.Count);
        var retries = Enumerable.Range(0, 4).Select(async _ =>
        {
            await using var other = new KafkaStream(options);
            try { return await other.RetryAsync([.. letters.Select(letter => letter.Id)], Cancellation); }
            catch (StreamException fenced) when (fenced.Fault == StreamFault.InUse) { return 0; }
        });
        await Task.WhenAll(retries);
        await stream.RetryAsync([.. letters.Select(letter => letter.Id)], Cancellation);
        Assert.Equal(0, await stream.CountAsync(Cancellation));
        Assert.Equal(40, Read(options, ".messages").Count);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), (await ReceiveAsync(stream, 20)).Select(Text).OrderBy(int.Parse));
    }

    [Fact]
    public async Task Dead_letters_of_a_topic_that_is_not_there_are_none()
    {
        using var data = new TemporaryFolder();
        await using var stream = new KafkaStream(await OptionsAsync(data.Path));
        Assert.Equal(0, await stream.CountAsync(Cancellation));
        Assert.Null(await stream.FindAsync(1, Cancellation));
        Assert.Equal(0, await stream.RetryAsync([1], Cancellation));
    }

    [Fact]
    public async Task A_topic_with_the_times_of_its_senders_is_refused_unless_it_is_wanted()
    {
        using var data = new TemporaryFolder();
        var options = await OptionsAsync(data.Path);
        using (var topics = new KafkaTopics(options))
            await topics.CreateAsync([new(options.Prefix + ".messages", 1, 1, new Dictionary<string, string> { ["message.timestamp.type"] = "CreateTime" })]);
        await using var stream = new KafkaStream(options);
        var refused = await Assert.ThrowsAsync<StreamException>(() => stream.OpenAsync(Cancellation));
        Assert.Contains("message.timestamp.type=LogAppendTime", refused.Message, StringComparison.Ordinal);
        await using var wanted = await OpenAsync(options with { AllowProducerTime = true });
    }

    [Fact]
    public async Task A_record_larger_than_the_topic_takes_is_refused()
    {
        using var data = new TemporaryFolder();
        await using var stream = await OpenAsync(await OptionsAsync(data.Path));
        await Assert.ThrowsAsync<ArgumentException>(() => stream.SendAsync([Record("a", new string('x', 40 << 20))], Cancellation));
    }

    [Fact]
    public async Task Statistics_become_instruments_with_their_names()
    {
        using var data = new TemporaryFolder();
        Dictionary<string, double> seen = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) => { if (instrument.Meter.Name == "Detection.Streaming") listener.EnableMeasurementEvents(instrument); },
        };
        void Saw(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.ToArray().Any(tag => tag.Value is string name && name.StartsWith(Path.GetFileName(data.Path), StringComparison.Ordinal))) lock (seen) seen[instrument.Name] = value;
        }
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Saw(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Saw(instrument, value, tags));
        listener.Start();
        await using var stream = await OpenAsync(await OptionsAsync(data.Path) with { Settings = new Dictionary<string, string> { ["statistics.interval.ms"] = "200" } });
        await stream.SendAsync(Numbered(0, 10), Cancellation);
        await ReceiveAsync(stream, 10);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!(Value("detection.stream.depth") == 10 && Value("detection.stream.batch.messages") > 0))
        {
            await Task.Delay(50, patience.Token);
            listener.RecordObservableInstruments();
        }
        Assert.Equal(10, Value("detection.stream.in_flight"));
        Assert.NotNull(Value("detection.stream.lag"));
        Assert.NotNull(Value("detection.stream.oldest.age"));
        Assert.NotNull(Value("detection.stream.rebalanced.partitions"));

        double? Value(string name) { lock (seen) return seen.TryGetValue(name, out double value) ? value : null; }
    }

    [Theory]
    [InlineData("no.such_setting", "1", "no.such.setting")]
    [InlineData("sasl_mechanism", "nonsense", "sasl.mechanism")]
    [InlineData("fetch.wait.max.ms", "-7", "fetch.wait.max.ms")]
    [InlineData("enable.auto.commit", "false", "enable.auto.commit")]
    [InlineData("group_id", "x", "Group")]
    [InlineData("ssl_key_pem", "geheim", "ssl")]
    public void A_setting_that_is_not_taken_is_named_and_no_secret_is_shown(string name, string value, string names)
    {
        var wrong = Assert.Throws<ValidationException>(() => new KafkaStream(new() { BootstrapServers = "127.0.0.1:1", Settings = new Dictionary<string, string> { ["security.protocol"] = "sasl_ssl", ["sasl_password"] = "geheim", ["sasl.username"] = "u", ["sasl.mechanism"] = "PLAIN", [name] = value } }));
        Assert.Contains(names, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", wrong.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        Assert.Contains("MaxInFlight", Assert.Throws<ValidationException>(() => new KafkaStream(new() { BootstrapServers = "x:1", MaxInFlight = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("BootstrapServers", Assert.Throws<ValidationException>(() => new KafkaStream(new() { BootstrapServers = "" })).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", new KafkaStreamOptions { BootstrapServers = "x:1", Settings = new Dictionary<string, string> { ["sasl.password"] = "geheim" } }.ToString(), StringComparison.Ordinal);
    }

    private static IReadOnlyList<ConsumeResult<byte[], byte[]>> Read(KafkaStreamOptions options, string topic, int partitions = 4) => KafkaRecordsOf.Topic(options.BootstrapServers, options.Prefix + topic, partitions);

    private static OutgoingRecord[] Numbered(int from, int count) => [.. Enumerable.Range(from, count).Select(i => Record($"{i}", $"{i}"))];

    private static async Task<KafkaStream> OpenAsync(KafkaStreamOptions options)
    {
        var stream = new KafkaStream(options);
        await stream.OpenAsync(Cancellation);
        return stream;
    }

    private static async Task WorkAsync(KafkaStream stream, Collected done, string worker, CancellationToken stop)
    {
        try
        {
            await foreach (var delivery in stream.ReceiveAsync(stop))
            {
                await stream.CompleteAsync([new Completion(delivery, new OutgoingRecord(null, delivery.Value, []))], Cancellation);
                done.Add(worker, delivery);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { }
    }

    private async Task<KafkaStreamOptions> OptionsAsync(string data) => new() { BootstrapServers = await kafka.BootstrapServersAsync(), Prefix = Path.GetFileName(data) };

    /// <summary>What workers have done, to be waited for.</summary>
    private sealed class Collected
    {
        private readonly List<(string Worker, int Partition, string Text)> _done = [];

        public int Expected { get; set; }
        public IReadOnlyList<string> Texts { get { lock (_done) return [.. _done.Select(one => one.Text)]; } }

        public void Add(string worker, Delivery delivery) { lock (_done) _done.Add((worker, delivery.Partition, Text(delivery))); }

        public HashSet<int> Partitions(string worker) { lock (_done) return [.. _done.Where(one => one.Worker == worker).Select(one => one.Partition)]; }

        public bool By(string worker) { lock (_done) return _done.Any(one => one.Worker == worker); }

        public async Task ReachedAsync(int count)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            patience.CancelAfter(TimeSpan.FromSeconds(60));
            while (Texts.Count < count) await Task.Delay(20, patience.Token);
        }
    }
}
