using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;

namespace Detection.Detector;

/// <summary>Where bundles lie: the configured folder, else what came with the program.</summary>
public static class ModelFolders
{
    /// <exception cref="BundleException">Nothing has that name, or it cannot be used.</exception>
    public static ModelSource Resolve(DetectionOptions options) => ModelSource.Resolve(options.Model, options.Data, options.Bundles ?? ModelSource.Shipped, options.Heads == "research");
}
