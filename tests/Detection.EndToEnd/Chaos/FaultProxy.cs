using System.Net;
using System.Net.Sockets;

namespace Detection.EndToEnd.Chaos;

internal enum NetworkFault
{
    /// <summary>Bytes pass.</summary>
    None,

    /// <summary>Connections stand and new ones are taken, but no byte passes until the fault is over; then all do.</summary>
    Stall,

    /// <summary>Every piece waits for up to <see cref="FaultProxy.LongestDelay"/>.</summary>
    Delay,

    /// <summary>Open connections are reset now, new ones with their first byte.</summary>
    Reset,

    /// <summary>Open connections are reset, and nobody listens.</summary>
    Refuse,
}

/// <summary>
/// A TCP proxy on loopback that does to a connection what networks do, and that can hold back the answer to a chosen kind of request: a process that is killed meanwhile dies between
/// the effect and knowing of it.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly int _target;
    private readonly Func<IExchange>? _protocol;
    private readonly Random _random;
    private readonly Lock _state = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Dictionary<ProxiedConnection, Task> _connections = [];
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;
    private NetworkFault _fault;
    private TaskCompletionSource _flow = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<HeldAnswer>? _wanted;

    /// <param name="target">Port of the server on loopback; nobody needs to listen there yet.</param>
    /// <param name="protocol">Makes what reads the requests of one connection; null: no answers can be held.</param>
    /// <param name="seed">Of the delays.</param>
    public FaultProxy(int target, Func<IExchange>? protocol = null, int seed = 1, int port = 0)
    {
        (_target, _protocol, _random) = (target, protocol, new Random(seed));
        _flow.SetResult();
        Port = Listen(port);
    }

    public int Port { get; }

    public static TimeSpan LongestDelay => TimeSpan.FromMilliseconds(400);

    public NetworkFault Fault
    {
        get { lock (_state) return _fault; }
        set
        {
            lock (_state)
            {
                if (_fault == NetworkFault.Refuse && value != NetworkFault.Refuse) Listen(Port);
                if (value == NetworkFault.Refuse) _listener?.Dispose();
                if (value is NetworkFault.Reset or NetworkFault.Refuse)
                    foreach (var connection in _connections.Keys) connection.Reset();
                if (value == NetworkFault.Stall && _flow.Task.IsCompleted) _flow = new(TaskCreationOptions.RunContinuationsAsynchronously);
                if (value != NetworkFault.Stall) _flow.TrySetResult();
                _fault = value;
            }
        }
    }

    /// <summary>Completes when the answer to a matching request has been seen and is held back; it passes when what is returned is disposed.</summary>
    public async Task<HeldAnswer> HoldNextAnswerAsync(CancellationToken cancellation)
    {
        var wanted = new TaskCompletionSource<HeldAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _wanted, wanted);
        await using var _ = cancellation.Register(() => wanted.TrySetCanceled(cancellation));
        return await wanted.Task;
    }

    public async ValueTask DisposeAsync()
    {
        Task[] serving;
        await _end.CancelAsync();
        lock (_state)
        {
            _listener?.Dispose();
            foreach (var connection in _connections.Keys) connection.Reset();
            serving = [.. _connections.Values];
        }
        await Task.WhenAll([.. serving, _accepting]);
        _end.Dispose();
    }

    /// <summary>Before bytes go on. False: the connection is to be reset.</summary>
    internal async Task<bool> PassAsync()
    {
        Task flow;
        NetworkFault fault;
        TimeSpan delay;
        lock (_state) (flow, fault, delay) = (_flow.Task, _fault, LongestDelay * _random.NextDouble());
        if (fault == NetworkFault.Reset) return false;
        if (fault == NetworkFault.Delay) await Task.Delay(delay, _end.Token);
        await flow.WaitAsync(_end.Token);
        return true;
    }

    /// <summary>An answer to a matching request was seen: waits while somebody holds it.</summary>
    /// <param name="client">The client's port.</param>
    internal async Task HoldAsync(int client)
    {
        var held = new HeldAnswer(client);
        if (Interlocked.Exchange(ref _wanted, null)?.TrySetResult(held) == true) await held.Released.WaitAsync(_end.Token);
    }

    private int Listen(int port)
    {
        var listener = _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen();
        _accepting = AcceptAsync(listener);
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                var connection = new ProxiedConnection(this, await listener.AcceptAsync(_end.Token), _protocol?.Invoke());
                lock (_state) _connections[connection] = ServeAsync(connection);
            }
        }
        catch (Exception ended) when (ended is SocketException or OperationCanceledException or ObjectDisposedException) { }
    }

    private async Task ServeAsync(ProxiedConnection connection)
    {
        await Task.Yield();
        using (connection) await connection.RunAsync(_target, _end.Token);
        lock (_state) _connections.Remove(connection);
    }
}

/// <summary>An answer that a server has given and its client has not yet got.</summary>
/// <param name="client">The client's port.</param>
internal sealed class HeldAnswer(int client) : IDisposable
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Client => client;

    public Task Released => _released.Task;

    public void Dispose() => _released.TrySetResult();
}
