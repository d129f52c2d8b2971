using System.Security.Cryptography;
using System.Text.Json;
using Detection.Checkpoints;
using Detection.Contracts;
using Detection.Detectors.Heads;

namespace Detection.Detectors.Bundles;

/// <summary>A model bundle on disk whose files were found and have the hashes that <c>bundle.json</c> names.</summary>
public sealed record Bundle
{
    private const int LargestManifest = 4 << 20;

    public required string Folder { get; init; }
    public required BundleManifest Manifest { get; init; }

    /// <summary>Hash of <c>bundle.json</c>, which names the hashes of everything else.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The folder or GGUF file for <see cref="Checkpoint.Open"/>.</summary>
    public required string BasePath { get; init; }

    public required HeadFile Heads { get; init; }

    /// <summary><see cref="Heads"/> learned from restricted sources too.</summary>
    public bool IsResearch { get; init; }

    /// <summary>Of <see cref="Heads"/>.</summary>
    public DecisionSettings Decisions => IsResearch && Manifest.Research is { } research ? research.Decisions : Manifest.Decisions;

    /// <summary>What <see cref="Heads"/> learned from.</summary>
    public IReadOnlyList<TrainingSource> Training => IsResearch && Manifest.Research is { } research ? research.Training : Manifest.Training;

    public BundleIdentity Identity => new(Manifest.Name, Manifest.Version, Sha256);

    /// <summary>The same bundle with the one or the other set of heads.</summary>
    /// <exception cref="BundleException">It has no such set, or the set's file is broken.</exception>
    public Bundle WithHeads(bool research)
    {
        if (IsResearch == research) return this;
        // Base weights by reference are a file or a folder.
        return Open(Folder, research, [BasePath, Path.GetDirectoryName(BasePath)!]);
    }

    /// <param name="folder">Holds <c>bundle.json</c>.</param>
    /// <param name="research">Takes the heads that learned from restricted sources too (non-commercial).</param>
    /// <param name="elsewhere">Folders in which base weights by reference are looked for, by name and hash.</param>
    /// <exception cref="BundleException">A file is missing, broken or has another hash; named.</exception>
    public static Bundle Open(string folder, bool research = false, IReadOnlyList<string>? elsewhere = null)
    {
        string path = Path.Combine(folder, BundleManifest.FileName);
        var (manifest, sha256) = ReadManifest(path);
        if (manifest.Features.Version is < FeatureLayout.OldestVersion or > FeatureLayout.Version)
            throw new BundleException(path, $"features.version {manifest.Features.Version}; this program makes versions {FeatureLayout.OldestVersion} to {FeatureLayout.Version}.");
        var wanted = research ? manifest.Heads.Research ?? throw new BundleException(path, "heads.research: this bundle has no research heads.") : manifest.Heads.Default;
        string heads = Path.Combine(folder, Plain(path, wanted.Name));
        Verify(heads, wanted);
        string basePath = manifest.Base.Inside ? Inside(folder, path, manifest.Base) : Find(path, manifest.Base, [folder, .. elsewhere ?? []]);
        try
        {
            return new Bundle { Folder = folder, Manifest = manifest, Sha256 = sha256, BasePath = basePath, Heads = HeadFile.Read(heads), IsResearch = research };
        }
        catch (CheckpointException broken) { throw new BundleException(heads, broken.Message, broken); }
    }

    /// <summary>Whether a folder is a bundle at all.</summary>
    public static bool IsBundle(string folder) => File.Exists(Path.Combine(folder, BundleManifest.FileName));

    /// <summary>The manifest and its hash, without looking at other files.</summary>
    public static (BundleManifest Manifest, string Sha256) ReadManifest(string path)
    {
        try
        {
            if (new FileInfo(path) is not { Exists: true } file) throw new BundleException(path, "missing.");
            if (file.Length > LargestManifest) throw new BundleException(path, $"{file.Length} bytes; at most {LargestManifest} are read.");
            byte[] json = File.ReadAllBytes(path);
            var manifest = JsonSerializer.Deserialize<BundleManifest>(json, BundleManifest.Json) ?? throw new BundleException(path, "empty.");
            if (manifest.Format != 1) throw new BundleException(path, $"format {manifest.Format}; this program reads 1.");
            return (manifest, Convert.ToHexStringLower(SHA256.HashData(json)));
        }
        catch (Exception wrong) when (wrong is JsonException or IOException or UnauthorizedAccessException) { throw new BundleException(path, wrong.Message, wrong); }
    }

    private static string Inside(string folder, string manifest, BaseWeights weights)
    {
        foreach (var file in weights.Files) Verify(Path.Combine(folder, Plain(manifest, file.Name)), file);
        return weights.Files is [{ Name: var only }] && only.EndsWith(".gguf", StringComparison.Ordinal) ? Path.Combine(folder, only) : folder;
    }

    private static string Find(string manifest, BaseWeights weights, IReadOnlyList<string> folders)
    {
        if (weights.Files.Count == 0) throw new BundleException(manifest, "base.files is empty.");
        BundleException? other = null;
        foreach (string folder in folders)
            if (weights.Files.All(file => File.Exists(Path.Combine(folder, Plain(manifest, file.Name)))))
                try { return Inside(folder, manifest, weights); }
                catch (BundleException differs) { other = differs; }
        throw other ?? new BundleException(manifest, $"the base weights {string.Join(", ", weights.Files.Select(file => file.Name))} are not here. " +
            $"Get them from {weights.From} and run: detection models import FILE");
    }

    private static void Verify(string path, BundleFile expected)
    {
        if (!File.Exists(path)) throw new BundleException(path, "missing.");
        string actual = BundleFile.Of(path).Sha256;
        if (actual != expected.Sha256) throw new BundleException(path, $"has the hash {actual}; {BundleManifest.FileName} says {expected.Sha256}.");
    }

    /// <summary>Nothing may lead out of the folder.</summary>
    private static string Plain(string manifest, string name) =>
        BundleVersions.IsPlain(name)
            ? name
            : throw new BundleException(manifest, $"'{name}' is not a plain file name.");
}
