using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Detection.Checkpoints;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Detectors.Heads;

namespace Detection.Learning.Heads;

/// <summary>Writes a bundle's folder: files first, <c>bundle.json</c> last, each under another name until it is whole.</summary>
internal static class BundleWriter
{
    private const string HeadsFile = "heads.safetensors";

    public static BundleManifest Write(DetectionPipeline pipeline, HeadTrainingOptions options, HeadFile heads, DecisionSettings decisions,
        IReadOnlyList<TrainingSource> sources, IReadOnlyList<FittedHead> fitted)
    {
        Directory.CreateDirectory(options.Output);
        string path = Path.Combine(options.Output, HeadsFile);
        heads.Write(path);
        using var checkpoint = Checkpoint.Open(pipeline.BasePath);
        var files = checkpoint.Files.Select(file => new BundleFile(file.Name, file.Sha256(), file.Length)).ToArray();
        if (options.CopyBase)
            foreach (var file in checkpoint.Files)
            {
                string target = Path.Combine(options.Output, file.Name);
                if (!File.Exists(target) || Hash(target) != file.Sha256()) File.Copy(file.Path, target, overwrite: true);
            }
        var manifest = new BundleManifest
        {
            Name = options.Name,
            Version = options.Version,
            Base = new BaseWeights(options.CopyBase, files, options.BaseFrom, options.BaseLicence),
            Dtypes = [pipeline.Dtype],
            Features = pipeline.Settings,
            Heads = new HeadFiles(new BundleFile(HeadsFile, Hash(path), new FileInfo(path).Length)),
            Decisions = decisions,
            Training = sources,
            Metrics = new JsonObject
            {
                ["heldOutAuroc"] = new JsonObject(fitted.Where(head => !double.IsNaN(head.Strength.Auroc)).Select(head => KeyValuePair.Create(head.Name, (JsonNode?)Math.Round(head.Strength.Auroc, 4)))),
            },
        };
        Save(options.Output, manifest);
        ModelCard.WriteTo(options.Output, manifest, fitted, heads);
        return manifest;
    }

    public static void Save(string folder, BundleManifest manifest)
    {
        string path = Path.Combine(folder, BundleManifest.FileName), partial = path + ".part";
        File.WriteAllText(partial, manifest.ToJson(), new UTF8Encoding(false));
        File.Move(partial, path, overwrite: true);
    }

    private static string Hash(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
