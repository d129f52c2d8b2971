using System.Text;
using Detection.Streaming;

namespace Detection.Tests.Streaming;

/// <summary>What every implementation of the stream seam must do. A derived class says how to make one.</summary>
public abstract class MessageStreamContract
{
    /// <summary>A stream on data of its own. Opened again with the same <paramref name="data"/>, it goes on where the one before stopped.</summary>
    protected abstract Task<(IMessageStream Stream, IMessageSink Sink)> OpenAsync(string data, int maxInFlight = 1024, long maxInFlightBytes = 64 << 20, int maxAhead = 10_000);

    /// <summary>Where one worker takes another's name: on a busy machine the one before could be taken for dead, come back as the last to use the name, and shut the other out.</summary>
    protected static readonly TimeSpan LongSession = TimeSpan.FromSeconds(20);

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_sent_is_received_as_it_was_sent()
    {
        using var data = new TemporaryFolder();
        var (stream, sink) = await OpenAsync(data.Path);
        await using var _ = stream;
        await sink.SendAsync([new OutgoingRecord("k", new byte[] { 0, 1, 255 }, [new("content-type", "message/rfc822"), new("ce_id", "ä"), new("ce_id", "2")])], Cancellation);
        var delivery = Assert.Single(await ReceiveAsync(stream, 1));
        Assert.Equal("k", delivery.Key);
        Assert.Equal([0, 1, 255], delivery.Value.ToArray());
        Assert.Equal([new("content-type", "message/rfc822"), new("ce_id", "ä"), new("ce_id", "2")], delivery.Headers);
        Assert.Equal("message/rfc822", delivery.ContentType);
    }

    [Fact]
    public async Task Records_of_one_key_keep_their_order()
    {
        using var data = new TemporaryFolder();
        var (stream, sink) = await OpenAsync(data.Path);
        await using var _ = stream;
        for (int i = 0; i < 20; i++) await sink.SendAsync([Record("a", $"a{i}"), Record("b", $"b{i}"), Record(null, "x")], Cancellation);
        var received = await ReceiveAsync(stream, 60);
        foreach (string key in new[] { "a", "b" })
            Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{key}{i}"), received.Where(delivery => delivery.Key == key).Select(Text));
    }

    [Fact]
    public async Task What_was_completed_does_not_come_again_and_the_rest_does()
    {
        using var data = new TemporaryFolder();
        var (stream, sink) = await OpenAsync(data.Path);
        await using (stream)
        {
            await sink.SendAsync([.. Enumerable.Range(0, 10).Select(i => Record("a", $"{i}"))], Cancellation);
            var received = await ReceiveAsync(stream, 10);
            await stream.CompleteAsync([.. received.Take(4)], Cancellation);
        }
        (stream, _) = await OpenAsync(data.Path);
        await using (stream)
            Assert.Equal(["4", "5", "6", "7", "8", "9"], (await ReceiveAsync(stream, 6)).Select(Text));
    }

    [Fact]
    public async Task The_position_never_passes_an_unfinished_delivery()
    {
        using var data = new TemporaryFolder();
        var (stream, sink) = await OpenAsync(data.Path);
        await using (stream)
        {
            await sink.SendAsync([.. Enumerable.Range(0, 5).Select(i => Record("a", $"{i}"))], Cancellation);
            var received = await ReceiveAsync(stream, 5);
            await stream.CompleteAsync([received[0], received[2], received[3], received[4]], Cancellation);
        }
        (stream, _) = await OpenAsync(data.Path);
        await using (stream)
            Assert.Equal("1", Text((await ReceiveAsync(stream, 1))[0]));
    }

    [Fact]
    public async Task Completing_twice_is_completing_once()
    {
        using var data = new TemporaryFolder();
        var (stream, sink) = await OpenAsync(data.Path);
        await using var _ = stream;
        await sink.SendAsync([Record("a", "1")], Cancellation);
        var received = await ReceiveAsync(stream, 1);
        await stream.CompleteAsync(received, Cancellation);
        await stream.CompleteAsync(received, Cancellation);
    }

    [Fact]
    public async Task A_reader_that_waits_is_woken_by_what_is_sent()
    {
        using var data = new TemporaryFolder();
        var (stream, sink) = await OpenAsync(data.Path);
        await using var _ = stream;
        var waiting = ReceiveAsync(stream, 1);
        await sink.SendAsync([Record("a", "late")], Cancellation);
        Assert.Equal("late", Text(Assert.Single(await waiting)));
    }

    [Fact]
    public async Task A_dead_letter_is_done_with()
    {
        using var data = new TemporaryFolder();
        var (stream, sink) = await OpenAsync(data.Path);
        await using (stream)
        {
            await sink.SendAsync([Record("a", "broken"), Record("a", "fine")], Cancellation);
            var received = await ReceiveAsync(stream, 2);
            await stream.DeadLetterAsync(received[0], new DeadLetterReason("JsonException", "text: missing"), Cancellation);
        }
        (stream, _) = await OpenAsync(data.Path);
        await using (stream)
            Assert.Equal("fine", Text(Assert.Single(await ReceiveAsync(stream, 1))));
    }

    [Fact]
    public async Task Deliveries_in_flight_are_bounded_by_count()
    {
        using var data = new TemporaryFolder();
        var (stream, sink) = await OpenAsync(data.Path, maxInFlight: 3);
        await using var _ = stream;
        await sink.SendAsync([.. Enumerable.Range(0, 5).Select(i => Record("a", $"{i}"))], Cancellation);
        await using var deliveries = stream.ReceiveAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        List<Delivery> received = [];
        for (int i = 0; i < 3; i++)
        {
            Assert.True(await deliveries.MoveNextAsync());
            received.Add(deliveries.Current);
        }
        var next = deliveries.MoveNextAsync().AsTask();
        Assert.NotSame(next, await Task.WhenAny(next, Task.Delay(150, Cancellation)));
        await stream.CompleteAsync([received[1]], Cancellation);
        Assert.True(await next);
        Assert.Equal("3", Text(deliveries.Current));
    }

    [Fact]
    public async Task Deliveries_in_flight_are_bounded_by_bytes_and_a_larger_one_goes_alone()
    {
        using var data = new TemporaryFolder();
        var (stream, sink) = await OpenAsync(data.Path, maxInFlightBytes: 100);
        await using var _ = stream;
        await sink.SendAsync([Record("a", "1"), Record("a", new string('x', 500)), Record("a", "3")], Cancellation);
        await using var deliveries = stream.ReceiveAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await deliveries.MoveNextAsync());
        for (int i = 0; i < 2; i++)
        {
            var received = deliveries.Current;
            var next = deliveries.MoveNextAsync().AsTask();
            Assert.NotSame(next, await Task.WhenAny(next, Task.Delay(150, Cancellation)));
            await stream.CompleteAsync([received], Cancellation);
            Assert.True(await next);
        }
    }

    [Fact]
    public async Task What_may_come_again_after_a_crash_is_bounded()
    {
        using var data = new TemporaryFolder();
        var (stream, sink) = await OpenAsync(data.Path, maxAhead: 4);
        await using var _ = stream;
        await sink.SendAsync([.. Enumerable.Range(0, 10).Select(i => Record("a", $"{i}"))], Cancellation);
        var received = await ReceiveAsync(stream, 4);
        await stream.CompleteAsync([.. received.Skip(1)], Cancellation);
        Assert.Equal("0", Text(Assert.Single(await ReceiveAsync(stream, 1))));
        await stream.CompleteAsync([received[0]], Cancellation);
        Assert.Equal("4", Text(Assert.Single(await ReceiveAsync(stream, 1))));
    }

    [Fact]
    public async Task Reading_again_hands_out_again_what_is_unfinished()
    {
        using var data = new TemporaryFolder();
        var (stream, sink) = await OpenAsync(data.Path);
        await using var _ = stream;
        await sink.SendAsync([.. Enumerable.Range(0, 4).Select(i => Record("a", $"{i}"))], Cancellation);
        var received = await ReceiveAsync(stream, 3);
        await stream.CompleteAsync([received[1]], Cancellation);
        Assert.Equal(["0", "2", "3"], (await ReceiveAsync(stream, 3)).Select(Text));
    }

    [Fact]
    public async Task What_is_not_of_this_stream_cannot_be_completed()
    {
        using var data = new TemporaryFolder();
        var (stream, sink) = await OpenAsync(data.Path);
        await using var _ = stream;
        await sink.SendAsync([Record("a", "1")], Cancellation);
        var delivery = Assert.Single(await ReceiveAsync(stream, 1));
        await Assert.ThrowsAsync<ArgumentException>(() => stream.CompleteAsync([delivery with { Offset = 9 }], Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => stream.CompleteAsync([delivery with { Topic = "other" }], Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => stream.CompleteAsync([new Delivery(delivery.Topic, 64, 0, delivery.Timestamp, null, default, [])], Cancellation));
    }

    [Fact]
    public async Task Closing_ends_the_reading()
    {
        using var data = new TemporaryFolder();
        var (stream, sink) = await OpenAsync(data.Path);
        var waiting = ReceiveAsync(stream, 1);
        await stream.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => sink.SendAsync([Record("a", "1")], Cancellation));
    }

    [Fact]
    public async Task An_open_stream_answers()
    {
        using var data = new TemporaryFolder();
        var (stream, _) = await OpenAsync(data.Path);
        await using (stream) await stream.CheckAsync(Cancellation);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.CheckAsync(Cancellation));
    }

    [Fact]
    public async Task Dead_letters_keep_what_came_and_why_and_can_be_retried()
    {
        using var data = new TemporaryFolder();
        var (stream, sink) = await OpenAsync(data.Path);
        await using var _ = stream;
        var letters = Assert.IsType<IDeadLetters>(stream, exactMatch: false);
        Assert.Equal((0, 0), (await letters.CountAsync(Cancellation), (await letters.ListAsync(0, 10, Cancellation)).Count));
        await sink.SendAsync([new OutgoingRecord("k", Encoding.UTF8.GetBytes("broken"), [new("content-type", "text/x"), new("detection-dlt-original-topic", "forged")])], Cancellation);
        var delivery = Assert.Single(await ReceiveAsync(stream, 1));
        await stream.DeadLetterAsync(delivery, new DeadLetterReason("JsonException", "text: missing", 3), Cancellation);

        Assert.Equal(1, await WaitForLettersAsync(letters, 1));
        var listed = Assert.Single(await letters.ListAsync(0, 10, Cancellation));
        Assert.Equal(0, listed.Delivery.Value.Length);
        Assert.Empty(await letters.ListAsync(listed.Id, 10, Cancellation));
        var letter = await letters.FindAsync(listed.Id, Cancellation);
        Assert.NotNull(letter);
        Assert.Equal("broken", Text(letter.Delivery));
        Assert.Equal((delivery.Topic, delivery.Partition, delivery.Offset, delivery.Timestamp, delivery.Key), (letter.Delivery.Topic, letter.Delivery.Partition, letter.Delivery.Offset, letter.Delivery.Timestamp, letter.Delivery.Key));
        Assert.Equal(delivery.Headers, letter.Delivery.Headers);
        Assert.Equal(new DeadLetterReason("JsonException", "text: missing", 3), letter.Reason);

        Assert.Equal(1, await letters.RetryAsync([letter.Id, 77, letter.Id], Cancellation));
        Assert.Equal(0, await letters.RetryAsync([letter.Id], Cancellation));
        Assert.Equal(0, await letters.CountAsync(Cancellation));
        Assert.Null(await letters.FindAsync(letter.Id, Cancellation));
        var again = Assert.Single(await ReceiveAsync(stream, 1));
        Assert.Equal(("broken", "k", delivery.Timestamp), (Text(again), again.Key, again.Timestamp));
        Assert.Equal(delivery.Headers, again.Headers.Take(delivery.Headers.Count));
        Assert.True(again.Offset > delivery.Offset);
    }

    /// <summary>A letter may go out with the position, in the background: asks until the count is there, at most half a minute.</summary>
    protected static async Task<long> WaitForLettersAsync(IDeadLetters letters, long count)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (await letters.CountAsync(patience.Token) is var now)
            if (now >= count) return now;
        return 0;
    }

    protected static OutgoingRecord Record(string? key, string text) => new(key, Encoding.UTF8.GetBytes(text), []);

    protected static string Text(Delivery delivery) => Encoding.UTF8.GetString(delivery.Value.Span);

    /// <summary>The next deliveries; fails when they do not come within half a minute.</summary>
    protected static async Task<IReadOnlyList<Delivery>> ReceiveAsync(IMessageStream stream, int count)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        List<Delivery> received = [];
        await foreach (var delivery in stream.ReceiveAsync(patience.Token))
        {
            received.Add(delivery);
            if (received.Count == count) break;
        }
        return received;
    }
}
