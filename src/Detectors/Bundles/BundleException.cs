namespace Detection.Detectors.Bundles;

/// <summary>A bundle that cannot be used; the message names the file and what is wrong with it.</summary>
public sealed class BundleException : Exception
{
    public BundleException(string file, string reason, Exception? cause = null) : base($"{file}: {reason}", cause) => File = file;

    public string File { get; }
}
