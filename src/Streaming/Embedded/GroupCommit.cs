using System.Threading.Channels;

namespace Detection.Streaming.Embedded;

/// <summary>
/// One thread writes, and all that waits is written in one transaction: a flush to disk (milliseconds) is paid once for everyone who came while the flush before was under way.
/// Where a group does not fit or one write is wrong, each is tried alone, so that only the guilty one fails.
/// </summary>
internal sealed class GroupCommit : IAsyncDisposable
{
    private const int MaxWrites = 1024;
    private const long MaxBytes = 32 << 20;

    private readonly Channel<Write> _writes = Channel.CreateBounded<Write>(new BoundedChannelOptions(MaxWrites) { SingleReader = true });
    private readonly Action<Action> _transaction;
    private readonly Func<bool> _idle;
    private readonly Task _loop;

    /// <param name="transaction">Runs its argument within one durable transaction, or throws and leaves nothing of it.</param>
    /// <param name="idle">Called while nothing waits, as long as it says that it has more to do; must not throw.</param>
    public GroupCommit(Action<Action> transaction, Func<bool> idle)
    {
        _transaction = transaction;
        _idle = idle;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Durable when the task completes. <paramref name="apply"/> may run more than once; only its last run counts. Cancelling ends the waiting; a write under way may still be done.</summary>
    public async Task WriteAsync(Action apply, long bytes, CancellationToken cancellation)
    {
        var write = new Write(apply, bytes);
        try { await _writes.Writer.WriteAsync(write, cancellation).ConfigureAwait(false); }
        catch (ChannelClosedException) { throw new ObjectDisposedException(nameof(EmbeddedStream)); }
        await write.Done.Task.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>What was handed over is still written.</summary>
    public async ValueTask DisposeAsync()
    {
        _writes.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        List<Write> group = [];
        while (await _writes.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            long bytes = 0;
            while (group.Count < MaxWrites && bytes < MaxBytes && _writes.Reader.TryRead(out var write))
            {
                group.Add(write);
                bytes += write.Bytes;
            }
            Commit(group);
            group.Clear();
            while (!_writes.Reader.TryPeek(out _) && _idle()) { }
        }
    }

    private void Commit(IReadOnlyList<Write> group)
    {
        try
        {
            _transaction(() =>
            {
                foreach (var write in group) write.Apply();
            });
        }
        catch (Exception failed)
        {
            // A file that does not answer fails all at once: each alone would wait for it as long.
            bool one = group.Count == 1 || failed is StreamException { Fault: not StreamFault.Full };
            foreach (var write in group)
                if (one) write.Done.TrySetException(failed);
                else Commit([write]);
            return;
        }
        foreach (var write in group) write.Done.TrySetResult();
    }

    private sealed record Write(Action Apply, long Bytes)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
