using Microsoft.Extensions.Logging;

namespace Detection.ServiceDefaults.Auth;

/// <summary>
/// A small file as it is now. It is read again on use, at most once a second, and compared by content: that also sees what no watcher does (a mounted secret whose link
/// is swapped) and costs nothing while nobody asks. A file that is broken or gone leaves the last good one in force.
/// </summary>
internal sealed class WatchedFile<T> where T : class
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private readonly Lock _reading = new();
    private readonly string _path;
    private readonly Func<string, ReadOnlyMemory<byte>, T> _parse;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private volatile T _current;
    private byte[] _bytes;
    private string? _told;
    private long _readAt;

    /// <exception cref="InvalidOptionsException">Names <paramref name="option"/>, the file, and what is wrong in it.</exception>
    public WatchedFile(string option, string path, Func<string, ReadOnlyMemory<byte>, T> parse, TimeProvider time, ILogger log)
    {
        (_path, _parse, _time, _log) = (path, parse, time, log);
        try
        {
            (_bytes, bool isOpen) = AccessFile.Read(path);
            _current = parse(path, _bytes);
            if (isOpen) AccessLog.Readable(log, path);
        }
        catch (Exception failure) when (IsOfTheFile(failure)) { throw new InvalidOptionsException($"{option}: {Sentence(failure)}"); }
        _readAt = time.GetTimestamp();
    }

    public T Current
    {
        get
        {
            if (IsFresh) return _current;
            // Who comes meanwhile waits for the reading: what is answered is never older than a second.
            lock (_reading)
                if (!IsFresh) ReadAgain();
            return _current;
        }
    }

    private bool IsFresh => _time.GetElapsedTime(Volatile.Read(ref _readAt)) < Every;

    private void ReadAgain()
    {
        long now = _time.GetTimestamp();
        try
        {
            byte[] bytes = AccessFile.Read(_path).Bytes;
            if (!bytes.AsSpan().SequenceEqual(_bytes))
            {
                _current = _parse(_path, bytes);
                _bytes = bytes;
                AccessLog.ReadAgain(_log, _path);
            }
            _told = null;
        }
        catch (Exception failure) when (IsOfTheFile(failure))
        {
            // Once, not every second.
            if (_told != failure.Message) AccessLog.Broken(_log, Sentence(failure));
            _told = failure.Message;
        }
        Volatile.Write(ref _readAt, now);
    }

    private string Sentence(Exception failure) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException => $"{_path}: no such file; 'detection keys add' and 'detection users add' make them",
        _ => failure.Message.TrimEnd('.'),
    };

    private static bool IsOfTheFile(Exception failure) => failure is IOException or UnauthorizedAccessException or InvalidDataException;
}
