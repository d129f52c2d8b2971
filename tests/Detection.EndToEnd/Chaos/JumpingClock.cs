namespace Detection.EndToEnd.Chaos;

/// <summary>
/// The wall clock of a worker, moved while it runs: libfaketime (Debian package <c>faketime</c>) reads the offset from a file. Timers go on as they were. Skips the calling test where the
/// library is missing.
/// </summary>
internal sealed class JumpingClock : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public JumpingClock()
    {
        string? library = Directory.Exists("/usr/lib") ? Directory.EnumerateFiles("/usr/lib", "libfaketimeMT.so.1", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2, IgnoreInaccessible = true }).FirstOrDefault() : null;
        if (library is null)
        {
            _folder.Dispose();
            Assert.Skip("libfaketimeMT.so.1 is not installed (Debian: apt-get install faketime).");
        }
        Jump(TimeSpan.Zero);
        Settings = new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = library,
            ["FAKETIME_TIMESTAMP_FILE"] = File,
            ["FAKETIME_NO_CACHE"] = "1",
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        };
    }

    /// <summary>Environment of the worker whose clock it is.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; }

    private string File => _folder.File("offset");

    /// <summary>The clock shows the real time and so much more, at once.</summary>
    public void Jump(TimeSpan offset)
    {
        // Renamed, so that it is never read half-written.
        System.IO.File.WriteAllText(File + ".new", $"{(long)offset.TotalSeconds:+0;-0;+0}");
        System.IO.File.Move(File + ".new", File, overwrite: true);
    }

    public void Dispose() => _folder.Dispose();
}
