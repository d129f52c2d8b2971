using System.Text.Json.Nodes;
using Detection.Contracts;
using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;
using Detection.Storage;

namespace Detection.Trainer;

/// <summary>The versions of the configured model: what is in use, what was trained here with its figures, and the alias between them.</summary>
public sealed class TrainedVersions
{
    /// <summary>Figures of a version beside those of the one that was in use, in the version's folder: for programs, and as tables for people.</summary>
    public const string FiguresFile = "evaluation.json", TextFile = "evaluation.md";

    private readonly DetectionOptions _options;
    private readonly BundleVersions _versions;

    public TrainedVersions(DetectionOptions options)
    {
        _options = options;
        _versions = new BundleVersions(options.Data, NameOf(options.Model));
    }

    public string Folder => _versions.Folder;

    public string Name => _versions.Name;

    /// <summary>The model that a worker would load now.</summary>
    /// <exception cref="BundleException">It cannot be used; says why.</exception>
    public ModelSource InUse() => ModelSource.Resolve(_options.Model, _options.Data, Bundles, _options.Heads == "research");

    /// <summary>A version that is whole, or is being written: verified.</summary>
    /// <param name="basedOn">The model that it was trained on, whose weights it may refer to; null: only weights that are imported or came with the program.</param>
    public ModelSource Open(string folder, ModelSource? basedOn = null) => ModelSource.Resolve(Path.GetFullPath(folder), _options.Data, Bundles,
        alsoIn: basedOn is null ? null : Directory.Exists(basedOn.Path) ? basedOn.Path : Path.GetDirectoryName(basedOn.Path));

    public string FolderOf(string version) => _versions.FolderOf(version);

    public string UnfinishedFolderOf(string version) => _versions.UnfinishedFolderOf(version);

    /// <summary>
    /// Makes a version the one that the bundle's name means from now on; the version that came with the program is named as the others are. The alias in the store is what running workers watch; the one
    /// in this data folder is what commands and the next start go by.
    /// </summary>
    /// <param name="by">Who says so.</param>
    /// <returns>What workers are to judge with; null: there is no such version.</returns>
    /// <exception cref="BundleException">Its files are not what its manifest says.</exception>
    public async Task<BundleIdentity?> PromoteAsync(string version, IBundleAliases aliases, string by, TimeProvider time, CancellationToken cancellation)
    {
        var champion = _versions.Has(version) ? Open(FolderOf(version)).Bundle!.Identity : Original() is { } original && original.Version == version ? original : null;
        if (champion is null) return null;
        _versions.Promote(_versions.Has(version) ? version : null);
        await aliases.SetAsync(new BundleAlias(champion.Name, BundleAlias.Champion, champion.Version, champion.Sha256, by, time.GetUtcNow()), expected: null, cancellation);
        return champion;
    }

    /// <summary><c>{"name","champion","original","versions":[figures…]}</c>, the newest first.</summary>
    public JsonObject List() => new()
    {
        ["name"] = Name,
        ["champion"] = _versions.Champion ?? Original()?.Version,
        ["original"] = Original()?.Version,
        ["versions"] = new JsonArray([.. Figures()]),
    };

    /// <summary>Of the newest version: decisions and new samples that were there when it was trained; 0: there is none.</summary>
    public long LearnedFrom => (long?)Figures().FirstOrDefault()?["learnedFrom"] ?? 0;

    private IEnumerable<JsonObject> Figures() => _versions.All.Select(version => Path.Combine(FolderOf(version), FiguresFile)).Where(File.Exists)
        .Select(file => JsonNode.Parse(File.ReadAllText(file))!.AsObject())
        .OrderByDescending(figures => (string?)figures["at"], StringComparer.Ordinal);

    /// <summary>A model by path: its versions are named for the file or folder, and used by that name.</summary>
    private static string NameOf(string model) => BundleVersions.IsPlain(model) && !File.Exists(model) ? model
        : new([.. Path.GetFileNameWithoutExtension(model.TrimEnd('/', '\\')).Select(letter => BundleVersions.IsPlain(letter.ToString()) ? letter : '-')]);

    private string Bundles => _options.Bundles ?? ModelSource.Shipped;

    /// <summary>What the name means without a promotion; null: a model without heads.</summary>
    private BundleIdentity? Original()
    {
        string[] places = [Path.Combine(_options.Data, "models", _options.Model), Path.Combine(Bundles, _options.Model), _options.Model];
        if (places.FirstOrDefault(Bundle.IsBundle) is not { } folder) return null;
        var (manifest, sha256) = Bundle.ReadManifest(Path.Combine(folder, BundleManifest.FileName));
        return new BundleIdentity(manifest.Name, manifest.Version, sha256);
    }
}
