using System.Diagnostics;
using Detection.Streaming;

namespace Detection.Standalone.Streaming;

/// <summary>Sends by the clock and not by what comes back: a message that cannot go out in time is late from the moment it was due.</summary>
internal sealed class OpenLoop(IMessageSink sink, BenchMessages messages) : IDisposable
{
    /// <summary>Sends at one time. More would only wait in another place.</summary>
    private const int MaxSends = 64, MaxBatch = 500;

    /// <summary>Messages that are on the way at least while capacity is looked for: two batches of a model.</summary>
    private const int LeastOnTheWay = 128;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);

    private readonly SemaphoreSlim _room = new(MaxSends);
    private long _sent, _refused;
    private volatile Sample _last = new("", 0);

    /// <summary>Accepted by the stream, or refused by it.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>The message that went out last, and when it was due; an empty id before the first.</summary>
    public Sample Last => _last;

    /// <param name="rate">Messages a second.</param>
    public async Task RunAsync(double rate, TimeSpan length, CancellationToken cancellation)
    {
        long begun = Stopwatch.GetTimestamp(), offered = 0;
        List<Task> sends = [];
        using var timer = new PeriodicTimer(Tick);
        for (var elapsed = TimeSpan.Zero; elapsed < length; elapsed = Stopwatch.GetElapsedTime(begun))
        {
            // The first is due at once, and each after it a gap later.
            for (long due = 1 + (long)(elapsed.TotalSeconds * rate); offered < due;)
            {
                int count = (int)Math.Min(MaxBatch, due - offered);
                await _room.WaitAsync(cancellation);
                sends.Add(SendAsync(Enumerable.Range(0, count).Select(i => begun + (long)((offered + i) / rate * Stopwatch.Frequency)).ToArray(), cancellation));
                offered += count;
            }
            sends.RemoveAll(send => send.IsCompletedSuccessfully);
            await timer.WaitForNextTickAsync(cancellation);
        }
        await Task.WhenAll(sends);
    }

    /// <summary>As fast as <paramref name="acknowledged"/> follows: what the path can do. On the way are as many as were acknowledged already, so that a slow path is not buried.</summary>
    /// <param name="most">On the way.</param>
    public async Task SaturateAsync(int most, TimeSpan length, Func<long> acknowledged, CancellationToken cancellation)
    {
        for (long begun = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begun) < length;)
        {
            long done = acknowledged(), room = Math.Clamp(done, LeastOnTheWay, most) - (Sent - done);
            if (room > 0)
            {
                await _room.WaitAsync(cancellation);
                await SendAsync([.. Enumerable.Repeat(Stopwatch.GetTimestamp(), (int)Math.Min(MaxBatch, room))], cancellation);
            }
            else await Task.Delay(1, cancellation);
        }
    }

    public void Dispose() => _room.Dispose();

    private async Task SendAsync(long[] due, CancellationToken cancellation)
    {
        var batch = due.Select(messages.Next).ToArray();
        try
        {
            await sink.SendAsync([.. batch.Select(one => one.Record)], cancellation);
            Interlocked.Add(ref _sent, due.Length);
            _last = new Sample(batch[^1].Id, due[^1]);
        }
        catch (StreamException)
        {
            Interlocked.Add(ref _refused, due.Length);
        }
        finally
        {
            _room.Release();
        }
    }

    internal sealed record Sample(string Id, long Due);
}
