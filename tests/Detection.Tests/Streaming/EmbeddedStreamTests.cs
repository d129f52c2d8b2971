using System.ComponentModel.DataAnnotations;
using System.Diagnostics.Metrics;
using System.Text;
using Detection.Streaming;
using Detection.Streaming.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Detection.Tests.Streaming;

public sealed class EmbeddedStreamTests : MessageStreamContract
{
    protected override async Task<(IMessageStream Stream, IMessageSink Sink)> OpenAsync(string data, int maxInFlight, long maxInFlightBytes, int maxAhead)
    {
        var stream = await EmbeddedAsync(new EmbeddedStreamOptions { Folder = data, MaxInFlight = maxInFlight, MaxInFlightBytes = maxInFlightBytes, MaxAhead = maxAhead });
        return (stream, stream);
    }

    [Fact]
    public async Task Another_process_may_send_while_one_reads()
    {
        using var data = new TemporaryFolder();
        await using var reader = await EmbeddedAsync(new EmbeddedStreamOptions { Folder = data.Path });
        await using var producer = await EmbeddedAsync(new EmbeddedStreamOptions { Folder = data.Path });
        var waiting = ReceiveAsync(reader, 200);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => producer.SendAsync([Record($"{i}", "p")], Cancellation))
            .Concat(Enumerable.Range(0, 100).Select(i => reader.SendAsync([Record($"{i}", "r")], Cancellation))));
        Assert.Equal(100, (await waiting).Count(delivery => Text(delivery) == "p"));
    }

    [Fact]
    public async Task A_second_consumer_is_refused_by_name_until_the_first_is_gone()
    {
        using var data = new TemporaryFolder();
        await using var second = await EmbeddedAsync(new EmbeddedStreamOptions { Folder = data.Path });
        await using (var first = await EmbeddedAsync(new EmbeddedStreamOptions { Folder = data.Path }))
        {
            await first.SendAsync([Record("a", "1")], Cancellation);
            await ReceiveAsync(first, 1);
            var refused = await Assert.ThrowsAsync<StreamException>(() => ReceiveAsync(second, 1));
            Assert.Equal(StreamFault.InUse, refused.Fault);
            Assert.Contains($"process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
        }
        Assert.Single(await ReceiveAsync(second, 1));
    }

    [Fact]
    public async Task Lock_files_that_a_dead_process_left_are_taken_over()
    {
        using var data = new TemporaryFolder();
        foreach (string name in new[] { "stream.db.lock", "stream.db.consumer" }) await File.WriteAllTextAsync(data.File(name), "999999", Cancellation);
        await using var stream = await EmbeddedAsync(new EmbeddedStreamOptions { Folder = data.Path });
        await stream.SendAsync([Record("a", "1")], Cancellation);
        Assert.Single(await ReceiveAsync(stream, 1));
    }

    [Fact]
    public async Task A_full_file_refuses_what_comes_and_keeps_what_it_has()
    {
        using var data = new TemporaryFolder();
        await using var stream = await EmbeddedAsync(new EmbeddedStreamOptions { Folder = data.Path, MaxFileBytes = 1 << 20, Partitions = 1 });
        int accepted = 0;
        var full = await Assert.ThrowsAsync<StreamException>(async () =>
        {
            for (; ; accepted++) await stream.SendAsync([Record($"{accepted}", new string('x', 50_000))], Cancellation);
        });
        Assert.Equal(StreamFault.Full, full.Fault);
        var received = await ReceiveAsync(stream, accepted);
        Assert.Equal(Enumerable.Range(0, accepted).Select(i => $"{i}"), received.Select(delivery => delivery.Key!));
        await stream.CompleteAsync(received, Cancellation);
        await stream.SendAsync([Record("again", new string('x', 50_000))], Cancellation);
        Assert.Equal("again", Assert.Single(await ReceiveAsync(stream, 1)).Key);
    }

    [Fact]
    public async Task In_a_group_only_the_write_that_does_not_fit_fails()
    {
        using var data = new TemporaryFolder();
        await using var stream = await EmbeddedAsync(new EmbeddedStreamOptions { Folder = data.Path, MaxFileBytes = 1 << 20 });
        var sends = Enumerable.Range(0, 40).Select(i => stream.SendAsync([Record($"{i}", new string('x', i == 20 ? 2_000_000 : 10))], Cancellation)).ToArray();
        await Task.WhenAll(sends).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.Equal([20], Enumerable.Range(0, 40).Where(i => sends[i].IsFaulted));
        Assert.Equal(39, (await stream.DepthAsync(Cancellation)).Unfinished);
    }

    [Fact]
    public async Task A_damaged_file_is_named()
    {
        using var data = new TemporaryFolder();
        await File.WriteAllTextAsync(data.File("stream.db"), new string('?', 5000), Cancellation);
        await using var stream = new EmbeddedStream(new EmbeddedStreamOptions { Folder = data.Path });
        var damaged = await Assert.ThrowsAsync<StreamException>(() => stream.OpenAsync(Cancellation));
        Assert.Equal(StreamFault.Corrupt, damaged.Fault);
        Assert.Contains("stream.db", damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_does_not_grow_with_what_is_finished()
    {
        using var data = new TemporaryFolder();
        await using var stream = await EmbeddedAsync(new EmbeddedStreamOptions { Folder = data.Path });
        long first = 0;
        for (int round = 0; round < 10; round++)
        {
            await stream.SendAsync([.. Enumerable.Range(0, 50).Select(i => Record($"{i}", new string('x', 5000)))], Cancellation);
            await stream.CompleteAsync(await ReceiveAsync(stream, 50), Cancellation);
            if (round == 0) first = Size();
        }
        Assert.Equal(0, (await stream.DepthAsync(Cancellation)).Unfinished);
        Assert.True(Size() < 3 * first + 5_000_000, $"{first} bytes grew to {Size()}");

        long Size() => new FileInfo(data.File("stream.db")).Length + new FileInfo(data.File("stream.db-wal")).Length;
    }

    [Fact]
    public async Task A_burst_leaves_no_large_file_behind()
    {
        using var data = new TemporaryFolder();
        await using var stream = await EmbeddedAsync(new EmbeddedStreamOptions { Folder = data.Path });
        for (int i = 0; i < 10; i++) await stream.SendAsync([.. Enumerable.Range(0, 5).Select(_ => Record(null, new string('x', 1_000_000)))], Cancellation);
        Assert.True(new FileInfo(data.File("stream.db")).Length > 40_000_000);
        await stream.CompleteAsync(await ReceiveAsync(stream, 50), Cancellation);
        await stream.DisposeAsync();
        Assert.True(new FileInfo(data.File("stream.db")).Length < 25_000_000);
    }

    [Fact]
    public async Task Dead_letters_keep_their_provenance_and_can_be_retried()
    {
        using var data = new TemporaryFolder();
        var time = new FakeTimeProvider(Some.Time);
        await using var stream = await EmbeddedAsync(new EmbeddedStreamOptions { Folder = data.Path, Group = "workers" }, time);
        await stream.SendAsync([new OutgoingRecord("k", Encoding.UTF8.GetBytes("broken"), [new("content-type", "text/x")])], Cancellation);
        var delivery = Assert.Single(await ReceiveAsync(stream, 1));
        time.Advance(TimeSpan.FromMinutes(1));
        await stream.DeadLetterAsync(delivery, new DeadLetterReason("JsonException", "text: missing", 3), Cancellation);

        Assert.Equal(1, await stream.CountAsync(Cancellation));
        var listed = Assert.Single(await stream.ListAsync(0, 10, Cancellation));
        Assert.Empty(await stream.ListAsync(listed.Id, 10, Cancellation));
        var letter = await stream.FindAsync(listed.Id, Cancellation);
        Assert.NotNull(letter);
        Assert.Equal(("broken", "workers", Some.Time.AddMinutes(1)), (Text(letter.Delivery), letter.Group, letter.At));
        Assert.Equal((delivery.Topic, delivery.Partition, delivery.Offset, delivery.Timestamp, delivery.Key), (letter.Delivery.Topic, letter.Delivery.Partition, letter.Delivery.Offset, letter.Delivery.Timestamp, letter.Delivery.Key));
        Assert.Equal(delivery.Headers, letter.Delivery.Headers);
        Assert.Equal(new DeadLetterReason("JsonException", "text: missing", 3), letter.Reason);

        Assert.Equal(1, await stream.RetryAsync([letter.Id, 77], Cancellation));
        Assert.Equal(0, await stream.CountAsync(Cancellation));
        var again = Assert.Single(await ReceiveAsync(stream, 1));
        Assert.Equal(("broken", Some.Time), (Text(again), again.Timestamp));
        Assert.True(again.Offset > delivery.Offset);
    }

    [Fact]
    public async Task Depth_and_age_tell_what_is_unfinished()
    {
        using var data = new TemporaryFolder();
        var time = new FakeTimeProvider(Some.Time);
        await using var stream = await EmbeddedAsync(new EmbeddedStreamOptions { Folder = data.Path, Partitions = 1 }, time);
        Assert.Equal(new StreamDepth(0, 0, 0, TimeSpan.Zero, 0), await stream.DepthAsync(Cancellation));
        await stream.SendAsync([Record("a", "1"), Record("a", "2")], Cancellation);
        time.Advance(TimeSpan.FromSeconds(90));
        var received = await ReceiveAsync(stream, 2);
        Assert.Equal(new StreamDepth(2, 2, 8, TimeSpan.FromSeconds(90), 0), await stream.DepthAsync(Cancellation));
        await stream.CompleteAsync(received, Cancellation);
        Assert.Equal(new StreamDepth(0, 0, 0, TimeSpan.Zero, 0), await stream.DepthAsync(Cancellation));
    }

    [Fact]
    public async Task A_record_over_the_limit_is_refused_and_options_out_of_range_are_named()
    {
        using var data = new TemporaryFolder();
        await using var stream = await EmbeddedAsync(new EmbeddedStreamOptions { Folder = data.Path, MaxRecordBytes = 10 });
        await Assert.ThrowsAsync<ArgumentException>(() => stream.SendAsync([Record("a", "1"), Record("a", "12345678901")], Cancellation));
        Assert.Equal(0, (await stream.DepthAsync(Cancellation)).Unfinished);
        var wrong = Assert.Throws<ValidationException>(() => new EmbeddedStream(new EmbeddedStreamOptions { Folder = data.Path, Partitions = 0 }));
        Assert.Contains("Partitions", wrong.Message, StringComparison.Ordinal);
        Assert.Throws<ValidationException>(() => new EmbeddedStream(new EmbeddedStreamOptions { Folder = data.Path, PollInterval = TimeSpan.Zero }));
    }

    [Fact]
    public async Task Instruments_have_their_names()
    {
        using var data = new TemporaryFolder();
        HashSet<string> seen = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) => { if (instrument.Meter.Name == "Detection.Streaming") listener.EnableMeasurementEvents(instrument); },
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, _, _) => { lock (seen) seen.Add(instrument.Name); });
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => { lock (seen) seen.Add(instrument.Name); });
        listener.Start();
        await using var stream = await EmbeddedAsync(new EmbeddedStreamOptions { Folder = data.Path });
        await stream.SendAsync([Record("a", "1")], Cancellation);
        await stream.CompleteAsync(await ReceiveAsync(stream, 1), Cancellation);
        listener.RecordObservableInstruments();
        Assert.Superset(new HashSet<string> { "messaging.client.sent.messages", "messaging.client.consumed.messages", "messaging.client.operation.duration", "detection.stream.depth", "detection.stream.oldest.age" }, seen);
    }

    private static async Task<EmbeddedStream> EmbeddedAsync(EmbeddedStreamOptions options, TimeProvider? time = null)
    {
        var stream = new EmbeddedStream(options, time);
        await stream.OpenAsync(Cancellation);
        return stream;
    }
}
