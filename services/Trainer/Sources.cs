using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;

namespace Detection.Trainer;

/// <summary>The model whose heads are retrained: the one that the workers of this configuration load.</summary>
internal static class Sources
{
    public static ModelSource Resolve(DetectionOptions options) =>
        ModelSource.Resolve(options.Model, options.Data, options.Bundles ?? Path.Combine(AppContext.BaseDirectory, "models"), options.Heads == "research");
}
