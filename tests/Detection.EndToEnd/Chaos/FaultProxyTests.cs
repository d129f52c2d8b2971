using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Detection.EndToEnd.Chaos;

/// <summary>The proxy before a server that sends back what it gets.</summary>
public sealed class FaultProxyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bytes_pass_both_ways_and_the_end_too()
    {
        await using var echo = new Echo();
        await using var proxy = new FaultProxy(echo.Port);
        using var client = await ConnectAsync(proxy);
        byte[] sent = new byte[300_000];
        new Random(1).NextBytes(sent);
        var sending = Task.Run(async () =>
        {
            await client.SendAsync(sent, Cancellation);
            client.Shutdown(SocketShutdown.Send);
        }, Cancellation);
        Assert.Equal(sent, await ReadAsync(client, sent.Length));
        await sending;
        Assert.Equal(0, await client.ReceiveAsync(new byte[1], Cancellation));
    }

    [Fact]
    public async Task A_stalled_connection_goes_on_with_every_byte()
    {
        await using var echo = new Echo();
        await using var proxy = new FaultProxy(echo.Port);
        using var client = await ConnectAsync(proxy);
        proxy.Fault = NetworkFault.Stall;
        await client.SendAsync("one"u8.ToArray(), Cancellation);
        using var late = await ConnectAsync(proxy);
        await late.SendAsync("two"u8.ToArray(), Cancellation);
        var answers = Task.WhenAll(ReadAsync(client, 3), ReadAsync(late, 3));
        Assert.False(answers.IsCompleted);
        Assert.Equal(0, echo.Received);
        proxy.Fault = NetworkFault.None;
        Assert.Equal(["one", "two"], (await answers).Select(Encoding.ASCII.GetString));
    }

    [Fact]
    public async Task A_reset_cuts_what_is_open_and_what_is_opened_until_it_is_healed()
    {
        await using var echo = new Echo();
        await using var proxy = new FaultProxy(echo.Port);
        using var client = await ConnectAsync(proxy);
        await client.SendAsync("one"u8.ToArray(), Cancellation);
        await ReadAsync(client, 3);
        proxy.Fault = NetworkFault.Reset;
        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<SocketException>(() => ReadAsync(client, 1))).SocketErrorCode);
        using var next = await ConnectAsync(proxy);
        await next.SendAsync("two"u8.ToArray(), Cancellation);
        await Assert.ThrowsAsync<SocketException>(() => ReadAsync(next, 1));
        proxy.Fault = NetworkFault.None;
        using var last = await ConnectAsync(proxy);
        await last.SendAsync("fin"u8.ToArray(), Cancellation);
        Assert.Equal("fin"u8.ToArray(), await ReadAsync(last, 3));
    }

    [Fact]
    public async Task A_refused_connection_is_taken_again_on_the_same_port_when_healed()
    {
        await using var echo = new Echo();
        await using var proxy = new FaultProxy(echo.Port);
        proxy.Fault = NetworkFault.Refuse;
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(proxy))).SocketErrorCode);
        proxy.Fault = NetworkFault.Delay;
        using var client = await ConnectAsync(proxy);
        await client.SendAsync("late"u8.ToArray(), Cancellation);
        Assert.Equal("late"u8.ToArray(), await ReadAsync(client, 4));
    }

    [Fact]
    public async Task A_server_that_is_down_is_a_reset_and_found_again_when_it_is_back()
    {
        var echo = new Echo();
        await using var proxy = new FaultProxy(echo.Port);
        await echo.DisposeAsync();
        // The reset may come so soon that connecting itself fails.
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var client = await ConnectAsync(proxy);
            await ReadAsync(client, 1);
        });
        await using var back = new Echo(echo.Port);
        using var again = await ConnectAsync(proxy);
        await again.SendAsync("on"u8.ToArray(), Cancellation);
        Assert.Equal("on"u8.ToArray(), await ReadAsync(again, 2));
    }

    [Fact]
    public async Task The_answer_to_a_bulk_request_is_held_and_no_other()
    {
        await using var echo = new Echo();
        await using var proxy = new FaultProxy(echo.Port, () => new HttpExchange());
        using var client = await ConnectAsync(proxy);
        var holding = proxy.HoldNextAnswerAsync(Cancellation);
        await client.SendAsync("GET /_bulk HTTP/1.1\r\n\r\n"u8.ToArray(), Cancellation);
        await ReadAsync(client, 23);
        await client.SendAsync("POST /verdicts/_search HTTP/1.1\r\n\r\nPOST /_bulk HTTP/1.1\r\n"u8.ToArray(), Cancellation);
        await ReadAsync(client, 57);
        Assert.False(holding.IsCompleted);
        // In two pieces, as a busy sender writes it.
        await client.SendAsync("POST /verdicts/_bu"u8.ToArray(), Cancellation);
        await echo.UntilReceivedAsync(23 + 57 + 18);
        await ReadAsync(client, 18);
        await client.SendAsync("lk?refresh=false HTTP/1.1\r\n"u8.ToArray(), Cancellation);
        using (var held = await holding)
        {
            Assert.Equal(0, client.Available);
            Assert.True(SocketOwner.Is(Environment.ProcessId, held.Client));
            Assert.False(SocketOwner.Is(1, held.Client));
        }
        await ReadAsync(client, 27);
    }

    [Fact]
    public async Task The_answer_to_a_produce_request_is_held_by_its_correlation_and_not_that_of_the_harness()
    {
        await using var echo = new Echo(frame => [.. Length(4), .. frame[8..12]]);
        await using var proxy = new FaultProxy(echo.Port, () => new KafkaExchange());
        using var client = await ConnectAsync(proxy);
        var holding = proxy.HoldNextAnswerAsync(Cancellation);
        await client.SendAsync(Request(key: 3, correlation: 1, "worker"), Cancellation);
        await ReadAsync(client, 8);
        await client.SendAsync(Request(key: 0, correlation: 2, KafkaExchange.OwnClients + "sender"), Cancellation);
        await ReadAsync(client, 8);
        Assert.False(holding.IsCompleted);
        await client.SendAsync(Request(key: 0, correlation: 3, "worker"), Cancellation);
        using (var held = await holding) Assert.Equal(0, client.Available);
        Assert.Equal([0, 0, 0, 4, 0, 0, 0, 3], await ReadAsync(client, 8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_000)]
    public void Frames_are_read_however_they_are_cut(int piece)
    {
        var exchange = new KafkaExchange();
        byte[] asked = [.. Enumerable.Range(0, 50).SelectMany(i => Request(key: (short)(i % 3), correlation: i, "worker", body: i * 11))];
        byte[] answered = [.. Enumerable.Range(0, 50).SelectMany(i => new byte[][] { Length(4 + i), Length(i), new byte[i] }.SelectMany(part => part))];
        foreach (byte[] part in asked.Chunk(piece)) exchange.Ask(part);
        // One answer at a time, cut into pieces: those to requests 0, 3, 6, … match.
        int at = 0;
        for (int i = 0; i < 50; at += 8 + i, i++)
            Assert.Equal(i % 3 == 0 ? 1 : 0, answered.AsSpan(at, 8 + i).ToArray().Chunk(piece).Count(part => exchange.Answer(part)));
    }

    private static byte[] Request(short key, int correlation, string client, int body = 100)
    {
        byte[] head = new byte[10];
        BinaryPrimitives.WriteInt16BigEndian(head, key);
        BinaryPrimitives.WriteInt16BigEndian(head.AsSpan(2), 9);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), correlation);
        BinaryPrimitives.WriteInt16BigEndian(head.AsSpan(8), (short)client.Length);
        byte[] rest = [.. head, .. Encoding.ASCII.GetBytes(client), .. new byte[body]];
        return [.. Length(rest.Length), .. rest];
    }

    private static byte[] Length(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static async Task<Socket> ConnectAsync(FaultProxy proxy)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, proxy.Port), Cancellation);
        return client;
    }

    private static async Task<byte[]> ReadAsync(Socket from, int count)
    {
        byte[] read = new byte[count];
        for (int at = 0; at < count;)
            at += await from.ReceiveAsync(read.AsMemory(at), Cancellation) is > 0 and int more ? more : throw new EndOfStreamException($"{at} of {count} bytes");
        return read;
    }

    /// <summary>Answers each piece with itself, or with what is made of it.</summary>
    private sealed class Echo : IAsyncDisposable
    {
        private readonly TcpListener _listener;
        private readonly Func<byte[], byte[]> _answer;
        private readonly Task _serving;
        private readonly CancellationTokenSource _end = new();
        private long _received;

        public Echo(int port = 0) : this(piece => piece, port) { }

        public Echo(Func<byte[], byte[]> answer, int port = 0)
        {
            _answer = answer;
            _listener = new TcpListener(IPAddress.Loopback, port);
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            _serving = ServeAsync();
        }

        public int Port { get; }

        public long Received => Interlocked.Read(ref _received);

        public async Task UntilReceivedAsync(long bytes)
        {
            while (Received < bytes) await Task.Delay(5, Cancellation);
        }

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            _listener.Dispose();
            await _serving;
            _end.Dispose();
        }

        private async Task ServeAsync()
        {
            var answering = new List<Task>();
            try
            {
                while (true) answering.Add(AnswerAsync(await _listener.AcceptSocketAsync(_end.Token)));
            }
            catch (Exception ended) when (ended is SocketException or OperationCanceledException or ObjectDisposedException) { }
            await Task.WhenAll(answering);
        }

        private async Task AnswerAsync(Socket client)
        {
            byte[] buffer = new byte[64 << 10];
            try
            {
                using (client)
                    while (await client.ReceiveAsync(buffer, _end.Token) is > 0 and int read)
                    {
                        Interlocked.Add(ref _received, read);
                        byte[] answer = _answer(buffer[..read]);
                        for (int at = 0; at < answer.Length;) at += await client.SendAsync(answer.AsMemory(at), _end.Token);
                    }
            }
            catch (Exception ended) when (ended is SocketException or OperationCanceledException) { }
        }
    }
}
