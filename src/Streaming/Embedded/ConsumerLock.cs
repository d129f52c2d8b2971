using System.Globalization;

namespace Detection.Streaming.Embedded;

/// <summary>
/// One consumer a file: an exclusive lock of the operating system on <c>stream.db.lock</c>. The system lets go of it when the process dies, however it dies, so that a dead
/// owner's lock is never in the way. <c>stream.db.consumer</c> beside it holds the owner's process id, for the message alone: a locked file cannot be read.
/// </summary>
internal sealed class ConsumerLock : IDisposable
{
    private readonly FileStream _lock;

    private ConsumerLock(FileStream held) => _lock = held;

    /// <exception cref="StreamException">InUse: names the owner.</exception>
    public static ConsumerLock Take(string streamPath)
    {
        string path = streamPath + ".lock", owner = streamPath + ".consumer";
        FileStream held;
        try
        {
            held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException inUse) when (File.Exists(path))
        {
            throw new StreamException(StreamFault.InUse, $"{streamPath} is read by another consumer (process {Owner(owner)}); only one may read it. Stop that one first, or use another data folder.", inUse);
        }
        try
        {
            File.WriteAllText(owner, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // A full disk: the lock holds all the same, and only a message is poorer.
        }
        return new ConsumerLock(held);
    }

    public void Dispose() => _lock.Dispose();

    private static string Owner(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out int process) ? process.ToString(CultureInfo.InvariantCulture) : "unknown";
        }
        catch (IOException)
        {
            return "unknown";
        }
    }
}
