using System.Collections.Concurrent;

namespace Detection.EndToEnd.Chaos;

/// <summary>Sends at a steady rate, whatever happens to the stream, and writes down what was sent and what the stream said.</summary>
internal sealed class SteadySender : IAsyncDisposable
{
    private const int MaxInFlight = 2_000;

    private readonly IStreamProbe _stream;
    private readonly History _history;
    private readonly ChaosMessages _messages;
    private readonly SemaphoreSlim _room = new(MaxInFlight);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, string> _poison = new();
    private readonly Task _sending;
    private int _sent;

    /// <param name="rate">Messages a second.</param>
    public SteadySender(IStreamProbe stream, History history, ChaosMessages messages, double rate)
    {
        (_stream, _history, _messages) = (stream, history, messages);
        _sending = Task.Run(() => SendAllAsync(TimeSpan.FromSeconds(1 / rate)));
    }

    public int Sent => Volatile.Read(ref _sent);

    /// <summary>The ids of what was sent and cannot be read.</summary>
    public IReadOnlyCollection<string> Poison => [.. _poison.Keys];

    /// <summary>Sends no more and waits for what the stream still has to say.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _sending;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        _room.Dispose();
    }

    private async Task SendAllAsync(TimeSpan pace)
    {
        var answers = new List<Task>();
        using var timer = new PeriodicTimer(pace);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await _room.WaitAsync(_stop.Token);
                answers.Add(SendAsync(_messages.Next()));
                if (answers.Count > MaxInFlight) answers.RemoveAll(answer => answer.IsCompletedSuccessfully);
            }
        }
        catch (OperationCanceledException) { }
        await Task.WhenAll(answers);
    }

    private async Task SendAsync(ChaosMessage message)
    {
        if (message.Poison is { } why) _poison[message.Id] = why;
        _history.Add(HistoryKind.Sent, message.Id, message.Poison);
        Interlocked.Increment(ref _sent);
        try
        {
            await _stream.SendAsync(message.Record, CancellationToken.None);
            _history.Add(HistoryKind.Accepted, message.Id);
        }
        catch (Exception refused)
        {
            _history.Add(HistoryKind.Unanswered, message.Id, refused.GetType().Name);
        }
        finally
        {
            _room.Release();
        }
    }
}
