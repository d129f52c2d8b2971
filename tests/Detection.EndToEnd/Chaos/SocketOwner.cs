using System.Globalization;

namespace Detection.EndToEnd.Chaos;

/// <summary>Which process holds a connection: Linux's <c>/proc</c> says.</summary>
internal static class SocketOwner
{
    /// <param name="port">The local port of the connection, on loopback.</param>
    public static bool Is(int process, int port)
    {
        string? inode = File.ReadLines("/proc/net/tcp").Concat(File.Exists("/proc/net/tcp6") ? File.ReadLines("/proc/net/tcp6") : []).Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .FirstOrDefault(columns => columns[1].EndsWith(":" + port.ToString("X4", CultureInfo.InvariantCulture), StringComparison.Ordinal) && columns[9] != "0")?[9];
        if (inode is null) return false;
        try { return Directory.EnumerateFiles($"/proc/{process}/fd").Any(file => new FileInfo(file).LinkTarget == $"socket:[{inode}]"); }
        catch (IOException) { return false; }
    }
}
