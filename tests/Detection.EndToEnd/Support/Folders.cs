namespace Detection.EndToEnd;

/// <summary>A folder under the system's temporary one, removed at the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("detection-").FullName;

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>What a user need not have.</summary>
internal static class Optional
{
    /// <summary>The folder of <c>DETECTION_SHARED</c>; the calling test is skipped where it is not set.</summary>
    public static string Shared(params string[] parts)
    {
        string? shared = Environment.GetEnvironmentVariable("DETECTION_SHARED");
        if (string.IsNullOrEmpty(shared)) Assert.Skip("DETECTION_SHARED names no folder with the reference data.");
        string path = System.IO.Path.Combine([shared, .. parts]);
        Assert.True(System.IO.File.Exists(path) || Directory.Exists(path), $"DETECTION_SHARED is set, but {path} is missing.");
        return path;
    }

    /// <summary>The browser of <c>DETECTION_CHROMIUM</c>; the calling test is skipped where it is not set.</summary>
    public static string Chromium()
    {
        string? path = Environment.GetEnvironmentVariable("DETECTION_CHROMIUM");
        if (string.IsNullOrEmpty(path)) Assert.Skip("DETECTION_CHROMIUM names no Chromium.");
        Assert.True(System.IO.File.Exists(path), $"DETECTION_CHROMIUM is set, but {path} is missing.");
        return path;
    }
}
