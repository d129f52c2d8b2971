namespace Detection.Tests;

/// <summary>Where the checkout and the optional shared reference data lie.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>The folder of <c>DETECTION_SHARED</c>; the calling test is skipped where it is not set.</summary>
    public static string Shared(params string[] parts)
    {
        string? shared = Environment.GetEnvironmentVariable("DETECTION_SHARED");
        if (string.IsNullOrEmpty(shared)) Assert.Skip("DETECTION_SHARED names no folder with the reference data.");
        string path = Path.Combine([shared, .. parts]);
        Assert.True(File.Exists(path) || Directory.Exists(path), $"DETECTION_SHARED is set, but {path} is missing.");
        return path;
    }

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Detection.sln"))) return folder.FullName;
        throw new InvalidOperationException($"No Detection.sln above {AppContext.BaseDirectory}");
    }
}
