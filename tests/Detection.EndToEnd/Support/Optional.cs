namespace Detection.EndToEnd;

/// <summary>What a user need not have.</summary>
internal static class Optional
{
    /// <summary>The browser of <c>DETECTION_CHROMIUM</c>; the calling test is skipped where it is not set.</summary>
    public static string Chromium()
    {
        string? path = Environment.GetEnvironmentVariable("DETECTION_CHROMIUM");
        if (string.IsNullOrEmpty(path)) Assert.Skip("DETECTION_CHROMIUM names no Chromium.");
        Assert.True(File.Exists(path), $"DETECTION_CHROMIUM is set, but {path} is missing.");
        return path;
    }
}
