namespace Detection.Detectors.Bundles;

/// <summary>
/// Versions of one bundle that were trained here, <c>models/versions/NAME/VERSION</c> in the data folder, and the alias that says which of them the bundle's name means:
/// the file <c>champion</c> beside them. Without it the name means the bundle that came with the program.
/// </summary>
public sealed class BundleVersions
{
    private const string Alias = "champion";

    /// <exception cref="ArgumentException">The name is not letters, digits, <c>-</c>, <c>_</c> and <c>.</c> alone.</exception>
    public BundleVersions(string dataFolder, string name)
    {
        if (!IsPlain(name)) throw new ArgumentException($"'{name}' is no name of a bundle.", nameof(name));
        (Name, Folder) = (name, Path.Combine(dataFolder, ModelSource.ImportedFolder, "versions", name));
    }

    public string Name { get; }

    /// <summary>Holds a folder a version; made by the first training.</summary>
    public string Folder { get; }

    /// <summary>Whole versions, in ordinal order; one that is being written begins with a dot and is not among them.</summary>
    public IReadOnlyList<string> All => !Directory.Exists(Folder) ? [] :
        [.. Directory.EnumerateDirectories(Folder).Select(folder => Path.GetFileName(folder)!).Where(version => IsPlain(version) && Bundle.IsBundle(FolderOf(version))).Order(StringComparer.Ordinal)];

    /// <summary>The version that the name means; null: what came with the program.</summary>
    /// <exception cref="BundleException">The alias names a version that is not there.</exception>
    public string? Champion
    {
        get
        {
            string alias = Path.Combine(Folder, Alias);
            if (!File.Exists(alias)) return null;
            string version = File.ReadAllText(alias).Trim();
            return Has(version) ? version : throw new BundleException(alias, $"names version '{version}', which is not in {Folder}. Remove the file, or name another version in it.");
        }
    }

    public bool Has(string version) => IsPlain(version) && Bundle.IsBundle(FolderOf(version));

    public string FolderOf(string version) => Path.Combine(Folder, version);

    /// <summary>Where a version is written before it is whole.</summary>
    public string UnfinishedFolderOf(string version) => Path.Combine(Folder, "." + version);

    /// <summary>From the next start on the name means this version; null: what came with the program. One step: a kill leaves the one or the other.</summary>
    public void Promote(string? version)
    {
        string alias = Path.Combine(Folder, Alias), partial = alias + ".part";
        if (version is null)
        {
            if (File.Exists(alias)) File.Delete(alias);
            return;
        }
        if (!Has(version)) throw new BundleException(Folder, $"there is no version '{version}'.");
        File.WriteAllText(partial, version + "\n");
        File.Move(partial, alias, overwrite: true);
    }

    /// <summary>Letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, the last not first: leads out of no folder.</summary>
    public static bool IsPlain(string name) =>
        name.Length is > 0 and <= 255 && name[0] != '.' && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');
}
