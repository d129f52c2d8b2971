namespace Detection.Detectors.Bundles;

/// <summary>What <c>--model</c> names: a bundle, or a plain model without heads.</summary>
/// <param name="Bundle">Null for a plain model.</param>
/// <param name="Path">The folder or file of the language model.</param>
public sealed record ModelSource(string Name, string Path, Bundle? Bundle)
{
    /// <summary>What is used where nothing is named.</summary>
    public const string Default = "compact";

    internal const string ImportedFolder = "models";

    /// <summary>The folder of bundles that came with the program.</summary>
    public static string Shipped { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "models");

    /// <summary>
    /// A bundle's name, a folder (bundle or Hugging Face layout) or a GGUF file. A name means the version trained here that was promoted (<see cref="BundleVersions"/>),
    /// else the bundle in the data folder's <c>models</c>, else the one that came with the program.
    /// </summary>
    /// <param name="model">Null: <see cref="Default"/>.</param>
    /// <param name="dataFolder">Holds <c>models/</c> with imported files and newer bundle versions.</param>
    /// <param name="bundles">The folder of bundles that came with the program.</param>
    /// <param name="alsoIn">One more folder in which base weights by reference are looked for.</param>
    /// <exception cref="BundleException">Nothing has that name, or the bundle cannot be used.</exception>
    public static ModelSource Resolve(string? model, string dataFolder, string bundles, bool research = false, string? alsoIn = null)
    {
        string named = model ?? Default, imported = System.IO.Path.Combine(dataFolder, ImportedFolder);
        if (File.Exists(named)) return new ModelSource(System.IO.Path.GetFileNameWithoutExtension(named), named, null);
        string folder = Folder(named, dataFolder, bundles) ?? throw new BundleException(named, $"neither a file, nor a folder, nor a bundle in {imported} or {bundles}.");
        if (!Bundle.IsBundle(folder)) return new ModelSource(new DirectoryInfo(folder).Name, folder, null);
        var bundle = Bundle.Open(folder, research, [.. Elsewhere(imported, bundles), .. alsoIn is null ? Array.Empty<string>() : [alsoIn]]);
        return new ModelSource(bundle.Manifest.Name, bundle.BasePath, bundle);
    }

    /// <summary>Copies a model file into the data folder, where bundles that refer to it find it by its hash.</summary>
    /// <returns>The copy's path and its hash.</returns>
    public static (string Path, string Sha256) Import(string file, string dataFolder)
    {
        string sha256 = BundleFile.Of(file).Sha256;
        string folder = System.IO.Path.Combine(dataFolder, ImportedFolder, "base-" + sha256[..16]), target = System.IO.Path.Combine(folder, System.IO.Path.GetFileName(file));
        Directory.CreateDirectory(folder);
        string partial = target + ".part";
        File.Copy(file, partial, overwrite: true);
        File.Move(partial, target, overwrite: true);
        return (target, sha256);
    }

    private static string? Folder(string named, string dataFolder, string bundles) => Directory.Exists(named) && !IsPlainName(named) ? named
        : PromotedFolder(dataFolder, named)
            ?? new[] { System.IO.Path.Combine(dataFolder, ImportedFolder, named), System.IO.Path.Combine(bundles, named) }.FirstOrDefault(Directory.Exists)
            ?? (Directory.Exists(named) ? named : null);

    private static string? PromotedFolder(string dataFolder, string named) =>
        BundleVersions.IsPlain(named) && new BundleVersions(dataFolder, named) is { Champion: { } version } versions ? versions.FolderOf(version) : null;

    private static IReadOnlyList<string> Elsewhere(params string[] parents) =>
        [.. parents.Where(Directory.Exists).SelectMany(parent => Directory.EnumerateDirectories(parent).Order(StringComparer.Ordinal))];

    private static bool IsPlainName(string name) => name.All(letter => char.IsLetterOrDigit(letter) || letter is '-' or '_' or '.') && name.Trim('.').Length > 0;
}
