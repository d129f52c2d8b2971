using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;

namespace Detection.Detector;

/// <summary>Where bundles lie: the configured folder, else what came with the program.</summary>
public static class ModelFolders
{
    /// <exception cref="BundleException">Nothing has that name, or it cannot be used.</exception>
    public static ModelSource Resolve(DetectionOptions options) => Resolve(options, options.Model);

    /// <summary>The second model; null where none is configured.</summary>
    /// <exception cref="BundleException">Nothing has that name, or it cannot be used.</exception>
    public static ModelSource? Observer(DetectionOptions options) => string.IsNullOrEmpty(options.Observer) ? null : Resolve(options, options.Observer);

    private static ModelSource Resolve(DetectionOptions options, string model) => ModelSource.Resolve(model, options.Data, options.Bundles ?? ModelSource.Shipped, options.Heads == "research");
}
