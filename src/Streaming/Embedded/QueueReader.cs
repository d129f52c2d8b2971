namespace Detection.Streaming.Embedded;

/// <summary>The one consumer of a file: its lock, its connection and what it has in flight.</summary>
internal sealed class QueueReader : IDisposable
{
    private readonly EmbeddedStreamOptions _options;
    private readonly ConsumerLock _lock;
    private readonly SqliteSession _session;
    private readonly Lock _reading = new();
    private bool _disposed;
    private long _version;
    private int _turn;
    private bool _more = true;

    /// <exception cref="StreamException">InUse: another consumer reads the file.</exception>
    public QueueReader(EmbeddedStreamOptions options)
    {
        _options = options;
        _lock = ConsumerLock.Take(options.FilePath);
        try
        {
            _session = QueueFile.OpenReader(options);
            Window = new DeliveryWindow(RecordTable.Positions(_session), options);
        }
        catch
        {
            _session?.Dispose();
            _lock.Dispose();
            throw;
        }
    }

    public DeliveryWindow Window { get; }

    public void Rewind()
    {
        Window.Rewind();
        _more = true;
    }

    /// <summary>Up to <paramref name="rows"/> deliveries of each partition, in turn, as far as there is room in flight; empty when there is nothing new or no room.</summary>
    public IReadOnlyList<Delivery> ReadPage(int rows)
    {
        lock (_reading)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(EmbeddedStream));
            return ReadAll(rows);
        }
    }

    public void Dispose()
    {
        lock (_reading)
        {
            _disposed = true;
            _session.Dispose();
            _lock.Dispose();
        }
    }

    private List<Delivery> ReadAll(int rows)
    {
        if (!_more && _session.Scalar<long>("PRAGMA data_version") == _version) return [];
        // The version first: what is committed after it shows as another version next time.
        _version = _session.Scalar<long>("PRAGMA data_version");
        _more = false;
        List<Delivery> page = [];
        for (int i = 0; i < Window.Partitions; i++) _more |= Read((_turn + i) % Window.Partitions, rows, page);
        _turn++;
        return page;
    }

    /// <summary>True: the partition may have more than was read.</summary>
    private bool Read(int partition, int rows, List<Delivery> page)
    {
        if (!Window.HasRoom) return true;
        int seen = 0;
        bool room = true;
        RecordTable.Read(_session, _options.Topic, partition, Window.Cursor(partition), rows, (offset, bytes) =>
        {
            seen++;
            var admission = Window.Admit(partition, offset, bytes);
            room = admission != Admission.NoRoom;
            return admission;
        }, page.Add);
        return !room || seen == rows;
    }
}
