using Detection.Contracts;
using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;

namespace Detection.Detector;

/// <summary>Where bundles lie: the configured folder, else what came with the program.</summary>
public static class ModelFolders
{
    /// <exception cref="BundleException">Nothing has that name, or it cannot be used.</exception>
    public static ModelSource Resolve(DetectionOptions options) => Resolve(options, options.Model);

    /// <summary>The model that reads along; null where none is configured.</summary>
    /// <exception cref="BundleException">Nothing has that name, or it cannot be used.</exception>
    public static ModelSource? Observer(DetectionOptions options) => string.IsNullOrEmpty(options.Observer) ? null : Resolve(options, options.Observer);

    /// <summary>The model that judges what the first is not sure of; null where none is configured.</summary>
    /// <exception cref="BundleException">Nothing has that name, or it cannot be used.</exception>
    public static ModelSource? Second(DetectionOptions options) => string.IsNullOrEmpty(options.Second) ? null : Resolve(options, options.Second);

    /// <summary>One version of a bundle: trained here, in the folder of bundles as <c>NAME</c> or as <c>NAME/VERSION</c>, or what came with the program.</summary>
    /// <exception cref="BundleException">It is nowhere, or it cannot be used.</exception>
    public static ModelSource Version(DetectionOptions options, string bundle, string version)
    {
        string[] places = Places(options, bundle, version);
        string folder = (BundleVersions.IsPlain(version) ? Find(places, manifest => manifest.Manifest.Version == version) : null) ?? throw new BundleException(bundle, $"version '{version}' is in none of {string.Join(", ", places)}.");
        string bundles = options.Bundles ?? ModelSource.Shipped;
        return ModelSource.Resolve(Path.GetFullPath(folder), options.Data, bundles, options.Heads == "research", alsoIn: Path.Combine(bundles, bundle));
    }

    /// <summary>The folder of that very bundle, whatever its name means today; null: it is nowhere.</summary>
    public static string? Of(DetectionOptions options, BundleIdentity bundle) =>
        BundleVersions.IsPlain(bundle.Name) && BundleVersions.IsPlain(bundle.Version) ? Find(Places(options, bundle.Name, bundle.Version), manifest => manifest.Sha256 == bundle.Sha256) : null;

    private static string[] Places(DetectionOptions options, string bundle, string version)
    {
        string bundles = options.Bundles ?? ModelSource.Shipped;
        return [new BundleVersions(options.Data, bundle).FolderOf(version), Path.Combine(bundles, bundle, version), Path.Combine(options.Data, "models", bundle), Path.Combine(bundles, bundle)];
    }

    private static string? Find(string[] places, Func<(BundleManifest Manifest, string Sha256), bool> isWanted) =>
        places.FirstOrDefault(place => Bundle.IsBundle(place) && isWanted(Bundle.ReadManifest(Path.Combine(place, BundleManifest.FileName))));

    private static ModelSource Resolve(DetectionOptions options, string model) => ModelSource.Resolve(model, options.Data, options.Bundles ?? ModelSource.Shipped, options.Heads == "research");
}
