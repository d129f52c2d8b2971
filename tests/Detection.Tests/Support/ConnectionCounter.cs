using System.Net;
using System.Net.Sockets;

namespace Detection.Tests;

/// <summary>Stands before a server on loopback, passes bytes both ways, and counts who came.</summary>
internal sealed class ConnectionCounter : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _port;
    private readonly Task _running;
    private int _count;

    public ConnectionCounter(int port)
    {
        _port = port;
        _listener.Start();
        _running = AcceptAsync();
    }

    public string Address => _listener.LocalEndpoint.ToString()!;
    public int Count => Volatile.Read(ref _count);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> passing = [];
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _count);
                passing.Add(PassAsync(client));
            }
        }
        catch (OperationCanceledException) { }
        await Task.WhenAll(passing);
    }

    private async Task PassAsync(TcpClient client)
    {
        using var _ = client;
        using var server = new TcpClient();
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
            await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream(), _stop.Token), server.GetStream().CopyToAsync(client.GetStream(), _stop.Token));
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or IOException) { }
    }
}
