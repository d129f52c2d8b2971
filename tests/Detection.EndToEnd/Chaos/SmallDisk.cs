using System.Diagnostics;

namespace Detection.EndToEnd.Chaos;

/// <summary>A disk of a few megabytes in memory (tmpfs) that can be filled to the last byte. Skips the calling test where none can be mounted.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Path => _folder.Path;

    private string Ballast => _folder.File("ballast");

    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        var disk = new SmallDisk();
        if (await RunAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", disk.Path) is { } refused)
        {
            disk._folder.Dispose();
            Assert.Skip($"No small disk can be mounted here (root may): {refused}");
        }
        return disk;
    }

    /// <summary>From now on nothing can be written.</summary>
    public void Fill()
    {
        byte[] block = new byte[64 << 10];
        using var ballast = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (int size = block.Length; size > 0;)
            try { ballast.Write(block, 0, size); }
            catch (IOException) { size /= 2; }
    }

    public void Free() => File.Delete(Ballast);

    public async ValueTask DisposeAsync()
    {
        string? refused = await RunAsync("umount", "--lazy", Path);
        Assert.Null(refused);
        _folder.Dispose();
    }

    /// <returns>What the command says where it fails.</returns>
    private static async Task<string?> RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        string said = await process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode == 0 ? null : said.Trim();
    }
}
