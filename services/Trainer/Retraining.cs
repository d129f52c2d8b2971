using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Learning.Data;
using Detection.Learning.Evaluating;
using Detection.Learning.Heads;
using Detection.ServiceDefaults;
using Detection.Storage;

namespace Detection.Trainer;

/// <summary>
/// Decisions in, a new bundle version out, with its figures beside those of the version in use. Nothing changes for the workers until
/// <see cref="Promote"/> is called.
/// </summary>
public sealed class Retraining(IVerdictStore store, DetectionOptions options, TimeProvider time)
{
    private const string EvaluationFile = "evaluation.json";

    private string Models => Path.Combine(options.Data, "models");

    /// <summary>Folder of the versions that this trainer wrote.</summary>
    public string Versions => Path.Combine(Models, "versions");

    /// <summary>Trains on the configured files, the new samples and every decision in force, and evaluates the result beside the version in use.</summary>
    /// <returns>The new version.</returns>
    public async Task<string> RunAsync(IProgress<string> progress, CancellationToken cancellation)
    {
        var decided = new List<LabelledRow>();
        await foreach (var judged in store.DecidedAsync(cancellation)) decided.AddRange(DecidedRows.Of(judged));
        progress.Report(string.Create(CultureInfo.InvariantCulture, $"{decided.Count} answers by moderators"));
        return await Task.Run(() => Train(decided, progress, cancellation), cancellation);
    }

    /// <summary>Makes a version the one that workers load by name from their next start on. The one before stays among the versions.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such version.</exception>
    /// <exception cref="BundleException">Its files are not what its manifest says.</exception>
    public void Promote(string version)
    {
        string from = Path.Combine(Versions, Path.GetFileName(version));
        if (!Bundle.IsBundle(from)) throw new DirectoryNotFoundException($"There is no version '{version}' in {Versions}.");
        string name = Bundle.ReadManifest(Path.Combine(from, BundleManifest.FileName)).Manifest.Name, target = Path.Combine(Models, name);
        string arriving = target + ".arriving", leaving = target + ".leaving";
        if (Directory.Exists(arriving)) Directory.Delete(arriving, recursive: true);
        Directory.CreateDirectory(arriving);
        foreach (string file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(arriving, Path.GetFileName(file)));
        if (Directory.Exists(leaving)) Directory.Delete(leaving, recursive: true);
        if (Directory.Exists(target)) Directory.Move(target, leaving);
        Directory.Move(arriving, target);
        if (Directory.Exists(leaving)) Directory.Delete(leaving, recursive: true);
    }

    /// <summary>Versions, newest first, with the figures of each beside those of the version that was in use.</summary>
    public IReadOnlyList<JsonNode> List() => !Directory.Exists(Versions) ? [] :
        [.. Directory.EnumerateDirectories(Versions).OrderDescending(StringComparer.Ordinal).Select(folder => Path.Combine(folder, EvaluationFile)).Where(File.Exists).Select(file => JsonNode.Parse(File.ReadAllText(file))!)];

    private string Train(List<LabelledRow> decided, IProgress<string> progress, CancellationToken cancellation)
    {
        var source = Sources.Resolve(options);
        string version = $"{source.Bundle?.Manifest.Version.Split('-')[0] ?? "0"}-{time.GetUtcNow():yyyyMMddHHmmss}", folder = Path.Combine(Versions, version);
        var manifest = source.Bundle?.Manifest;
        string[] data = options.Trainer.Data ?? [];
        using (var pipeline = DetectionPipeline.Open(source, new PipelineOptions { Threads = options.Threads, Time = time }))
        {
            HeadTraining.Run(pipeline, new HeadTrainingOptions
            {
                Data = data,
                Corpus = options.Trainer.Corpus ?? [],
                Extra = [.. new NewSamples(options.Data, time).Read(), .. decided],
                RowsPerSource = options.Trainer.RowsPerSource,
                Features = Path.Combine(options.Data, "features"),
                Output = folder,
                Name = source.Name,
                Version = version,
                CopyBase = manifest?.Base.Inside ?? false,
                BaseFrom = manifest?.Base.From ?? source.Path,
                BaseLicence = manifest?.Base.Licence ?? "unknown",
            }, progress, cancellation);
            var candidate = new ModelSource(source.Name, source.Path, Bundle.Open(folder, elsewhere: [Path.GetDirectoryName(source.Path)!, source.Path]));
            using var trained = DetectionPipeline.Open(candidate, new PipelineOptions { Threads = options.Threads, Time = time });
            var figures = new JsonObject
            {
                ["version"] = version,
                ["at"] = ContractJson.Time(time.GetUtcNow()),
                ["answersByModerators"] = decided.Count,
                ["candidate"] = Evaluate(trained, data, progress, cancellation),
                ["inUse"] = Evaluate(pipeline, data, progress, cancellation),
            };
            File.WriteAllText(Path.Combine(folder, EvaluationFile), figures.ToJsonString(Figures));
        }
        return version;
    }

    private JsonNode Evaluate(DetectionPipeline pipeline, string[] data, IProgress<string> progress, CancellationToken cancellation)
    {
        var tasks = new JsonObject();
        foreach (var task in Enum.GetValues<LearningTask>())
        {
            string[] files = [.. data.Where(file => LabelledFile.Read(file).FirstOrDefault()?.Task == task)];
            if (files.Length == 0) continue;
            var report = Evaluation.Run(pipeline, new EvaluationOptions { Task = task, Files = files, Features = Path.Combine(options.Data, "features"), DataFolder = options.Data, Rows = 200, Time = time }, progress, cancellation);
            tasks[task.ToString().ToLowerInvariant()] = JsonSerializer.SerializeToNode(report, Figures);
        }
        return tasks;
    }

    private static readonly JsonSerializerOptions Figures = new(JsonSerializerDefaults.Web) { WriteIndented = true, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };
}
