using System.Text;
using Detection.Streaming;

namespace Detection.Tests.Streaming;

/// <summary>What every implementation of the stream seam must do. A derived class says how to make one.</summary>
public abstract class MessageStreamContract
{
    /// <summary>A stream on data of its own. Opened again with the same <paramref name="data"/>, it goes on where the one before stopped.</summary>
    protected abstract Task<(IMessageStream Stream, IMessageSink Sink)> OpenAsync(string data);

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
