using System.Collections.Concurrent;

namespace Detection.Storage.Sqlite;

/// <summary>Connections that read, opened when needed and used by one caller at a time; SQLite lets them read beside the one that writes.</summary>
internal sealed class ReaderPool(VerdictStoreOptions options) : IAsyncDisposable
{
    private readonly SemaphoreSlim _free = new(options.Readers);
    private readonly ConcurrentBag<SqliteSession> _idle = [];

    public async Task<T> ReadAsync<T>(Func<SqliteSession, T> read, CancellationToken cancellation)
    {
        await _free.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            // SQLite blocks its thread; the caller's is not kept.
            return await Task.Run(() => Read(read), cancellation).ConfigureAwait(false);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Reads that are under way end first.</summary>
    public async ValueTask DisposeAsync()
    {
        for (int reader = 0; reader < options.Readers; reader++) await _free.WaitAsync().ConfigureAwait(false);
        while (_idle.TryTake(out var session)) session.Dispose();
        _free.Release(options.Readers);
    }

    private T Read<T>(Func<SqliteSession, T> read)
    {
        if (!_idle.TryTake(out var session)) session = StoreFile.OpenReader(options);
        try { return read(session); }
        finally { _idle.Add(session); }
    }
}
