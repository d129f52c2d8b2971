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
    private const string HeadsFile = "heads.safetensors", ResearchFile = "heads-research.safetensors";

    public const string ResearchLicence = "heads-research.LICENSE";

    /// <param name="research">Null: there is one set of heads, and what an older training left of a second one goes.</param>
    public static BundleManifest Write(DetectionPipeline pipeline, HeadTrainingOptions options, TrainedHeads heads, TrainedHeads? research)
    {
        Directory.CreateDirectory(options.Output);
        var written = Write(options.Output, HeadsFile, heads.File);
        var second = research is null ? null : Write(options.Output, ResearchFile, research.File);
        if (research is null) foreach (string stale in new[] { ResearchFile, ResearchLicence }) File.Delete(Path.Combine(options.Output, stale));
        else File.WriteAllText(Path.Combine(options.Output, ResearchLicence), LicenceOf(research));
        using var checkpoint = Checkpoint.Open(pipeline.BasePath);
        var files = checkpoint.Files.Select(file => new BundleFile(file.Name, file.Sha256(), file.Length)).ToArray();
        if (options.CopyBase)
            foreach (var file in checkpoint.Files)
            {
                string target = Path.Combine(options.Output, file.Name);
                if (!File.Exists(target) || BundleFile.Of(target).Sha256 != file.Sha256()) File.Copy(file.Path, target, overwrite: true);
            }
        var manifest = new BundleManifest
        {
            Name = options.Name,
            Version = options.Version,
            Base = new BaseWeights(options.CopyBase, files, options.BaseFrom, options.BaseLicence),
            Dtypes = [pipeline.Dtype],
            Features = pipeline.Settings,
            Heads = new HeadFiles(written, second),
            Decisions = heads.Decisions,
            Training = heads.Sources,
            Kept = heads.Kept,
            Research = research is null ? null : new ResearchSettings(research.Decisions, research.Sources) { Kept = research.Kept },
            Metrics = new JsonObject
            {
                ["heldOutAuroc"] = new JsonObject(heads.Fitted.Where(head => !double.IsNaN(head.Strength.Auroc)).Select(head => KeyValuePair.Create(head.Name, (JsonNode?)Math.Round(head.Strength.Auroc, 4)))),
            },
        };
        Save(options.Output, manifest);
        ModelCard.WriteTo(options.Output, manifest, heads, research);
        return manifest;
    }

    public static void Save(string folder, BundleManifest manifest)
    {
        string path = Path.Combine(folder, BundleManifest.FileName), partial = path + ".part";
        File.WriteAllText(partial, manifest.ToJson(), new UTF8Encoding(false));
        File.Move(partial, path, overwrite: true);
    }

    public static BundleFile Write(string folder, string name, HeadFile heads)
    {
        string path = Path.Combine(folder, name);
        heads.Write(path);
        return BundleFile.Of(path);
    }

    private static string LicenceOf(TrainedHeads research)
    {
        var restricted = research.Sources.Where(source => source.LicenceClass == "restricted").DistinctBy(source => source.Source);
        return $"""
            {ResearchFile} learned from sources whose terms allow research or other non-commercial use only. It may be used for that alone, and passed on only with this notice.
            The default heads ({HeadsFile}) have not seen these sources.

            {string.Join('\n', restricted.Select(source => $"{source.Source}: {source.Licence}"))}

            """;
    }
}
