using Detection.Contracts;
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

    /// <summary>The version that the configured name means now, promoted in the data folder or not; null: a model without heads.</summary>
    /// <exception cref="BundleException">The alias or a manifest is broken.</exception>
    public static BundleIdentity? InUse(DetectionOptions options) => ModelSource.IdentityOf(options.Model, options.Data, options.Bundles ?? ModelSource.Shipped);

    /// <summary>One version of a bundle: trained here, in the folder of bundles as <c>NAME</c> or as <c>NAME/VERSION</c>, or what came with the program.</summary>
    /// <exception cref="BundleException">It is nowhere, or it cannot be used.</exception>
    public static ModelSource Version(DetectionOptions options, string bundle, string version)
    {
        string bundles = options.Bundles ?? ModelSource.Shipped;
        string[] places = [new BundleVersions(options.Data, bundle).FolderOf(version), Path.Combine(bundles, bundle, version), Path.Combine(options.Data, "models", bundle), Path.Combine(bundles, bundle)];
        string folder = places.FirstOrDefault(place => BundleVersions.IsPlain(version) && Bundle.IsBundle(place) && VersionOf(place) == version)
            ?? throw new BundleException(bundle, $"version '{version}' is in none of {string.Join(", ", places)}.");
        return ModelSource.Resolve(Path.GetFullPath(folder), options.Data, bundles, options.Heads == "research", alsoIn: Path.Combine(bundles, bundle));
    }

    private static string VersionOf(string folder) => Bundle.ReadManifest(Path.Combine(folder, BundleManifest.FileName)).Manifest.Version;

    private static ModelSource Resolve(DetectionOptions options, string model) => ModelSource.Resolve(model, options.Data, options.Bundles ?? ModelSource.Shipped, options.Heads == "research");
}
