namespace Detection.EndToEnd.Chaos;

/// <summary>Runs of many minutes.</summary>
internal static class Nightly
{
    /// <summary>Skips the calling test unless <c>DETECTION_NIGHTLY</c> is 1.</summary>
    public static void Only()
    {
        if (Environment.GetEnvironmentVariable("DETECTION_NIGHTLY") != "1") Assert.Skip("A nightly run: DETECTION_NIGHTLY is not 1.");
    }
}
