using System.Net;
using System.Net.Sockets;

namespace Detection.EndToEnd.Chaos;

/// <summary>Tells the answers that matter from the others, as the bytes of one connection pass.</summary>
internal interface IExchange
{
    /// <summary>Bytes of the client, in order.</summary>
    void Ask(ReadOnlySpan<byte> bytes);

    /// <summary>Bytes of the server, in order. True: an answer to a matching request begins in them.</summary>
    bool Answer(ReadOnlySpan<byte> bytes);
}

/// <summary>Two streams of bytes, one each way. Ends when both have ended, or one is reset.</summary>
internal sealed class ProxiedConnection(FaultProxy proxy, Socket client, IExchange? exchange) : IDisposable
{
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Lock _exchanging = new();

    public async Task RunAsync(int target, CancellationToken cancellation)
    {
        try
        {
            client.NoDelay = true;
            await _server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, target), cancellation);
            await Task.WhenAll(PumpAsync(client, _server, Asked, cancellation), PumpAsync(_server, client, Answered, cancellation));
        }
        catch (Exception broken) when (broken is SocketException or OperationCanceledException or ObjectDisposedException) { Reset(); }
    }

    public void Dispose()
    {
        client.Dispose();
        _server.Dispose();
    }

    /// <summary>Both ends are told at once, by a TCP reset.</summary>
    public void Reset()
    {
        foreach (var socket in new[] { client, _server })
            try
            {
                socket.LingerState = new LingerOption(true, 0);
                socket.Close();
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException) { }
    }

    private async Task PumpAsync(Socket from, Socket to, Func<ReadOnlyMemory<byte>, Task> seen, CancellationToken cancellation)
    {
        byte[] buffer = new byte[64 << 10];
        try
        {
            while (await from.ReceiveAsync(buffer, cancellation) is > 0 and int read)
            {
                await seen(buffer.AsMemory(0, read));
                if (!await proxy.PassAsync()) throw new SocketException((int)SocketError.ConnectionReset);
                for (var rest = buffer.AsMemory(0, read); rest.Length > 0;) rest = rest[await to.SendAsync(rest, cancellation)..];
            }
            to.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            // The other way would wait for ever.
            Reset();
            throw;
        }
    }

    private Task Asked(ReadOnlyMemory<byte> bytes)
    {
        lock (_exchanging) exchange?.Ask(bytes.Span);
        return Task.CompletedTask;
    }

    private Task Answered(ReadOnlyMemory<byte> bytes)
    {
        bool matches;
        lock (_exchanging) matches = exchange?.Answer(bytes.Span) == true;
        return matches ? proxy.HoldAsync(((IPEndPoint)client.RemoteEndPoint!).Port) : Task.CompletedTask;
    }
}
