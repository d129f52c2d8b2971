using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
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
/// <see cref="TrainedVersions.Promote"/> is called.
/// </summary>
public sealed class Retraining(IVerdictStore store, TrainedVersions versions, DetectionOptions options, TimeProvider time)
{
    /// <summary>Most rows of a file in each of the two evaluations.</summary>
    private const int EvaluatedRows = 200;

    private static readonly JsonSerializerOptions Figures = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private string Features => Path.Combine(options.Data, "features");

    /// <summary>Decisions in force and new samples that the newest version has not seen.</summary>
    public async Task<long> NewAsync(CancellationToken cancellation) => await CountAsync(Samples(), cancellation) - versions.LearnedFrom;

    /// <summary>Trains on the configured files, the new samples and every decision in force, and evaluates the result beside the version in use.</summary>
    /// <returns>The new version.</returns>
    public async Task<string> RunAsync(IProgress<string> progress, CancellationToken cancellation)
    {
        var samples = Samples();
        long learnedFrom = await CountAsync(samples, cancellation);
        var decided = new List<LabelledRow>();
        await foreach (var judged in store.DecidedAsync(cancellation)) decided.AddRange(DecidedRows.Of(judged));
        progress.Report(string.Create(CultureInfo.InvariantCulture, $"{decided.Count} answers by moderators, {samples.Count} new samples"));
        return await Task.Run(() => Train(decided, samples, learnedFrom, progress, cancellation), cancellation);
    }

    private IReadOnlyList<LabelledRow> Samples() => new NewSamples(options.Data, time).Read();

    private async Task<long> CountAsync(IReadOnlyList<LabelledRow> samples, CancellationToken cancellation) =>
        (await store.CountAsync(new VerdictQuery { HasDecision = true }, cancellation)).Total + samples.Count;

    private string Train(List<LabelledRow> decided, IReadOnlyList<LabelledRow> samples, long learnedFrom, IProgress<string> progress, CancellationToken cancellation)
    {
        var source = versions.InUse();
        var manifest = source.Bundle?.Manifest;
        string version = $"{manifest?.Version.Split('-')[0] ?? "0"}-{time.GetUtcNow():yyyyMMddHHmmss}", folder = versions.UnfinishedFolderOf(version);
        DropUnfinished();
        try
        {
            using (var pipeline = Open(source))
            {
                var report = HeadTraining.Run(pipeline, new HeadTrainingOptions
                {
                    Data = options.Trainer.Data ?? [],
                    Corpus = options.Trainer.Corpus ?? [],
                    Extra = [.. samples, .. decided],
                    RowsPerSource = options.Trainer.RowsPerSource,
                    Keep = pipeline.HasHeads,
                    Features = Features,
                    Output = folder,
                    Name = versions.Name,
                    Version = version,
                    CopyBase = manifest?.Base.Inside ?? false,
                    BaseFrom = manifest?.Base.From ?? source.Path,
                    BaseLicence = manifest?.Base.Licence ?? "unknown",
                }, progress, cancellation);
                using var candidate = Open(versions.Open(folder, source));
                var tables = new StringBuilder();
                var figures = new JsonObject
                {
                    ["version"] = version,
                    ["at"] = ContractJson.Time(time.GetUtcNow()),
                    ["learnedFrom"] = learnedFrom,
                    ["decisionAnswers"] = decided.Count,
                    ["newSamples"] = samples.Count,
                    ["missingHeads"] = new JsonArray([.. Missing(source, report, progress).Select(head => (JsonNode)head)]),
                    ["keptHeads"] = new JsonArray([.. (report.Manifest.Kept?.Heads ?? []).Select(head => (JsonNode)head)]),
                    ["candidate"] = Evaluate(candidate, tables, progress, cancellation),
                    ["inUse"] = Evaluate(pipeline, tables, progress, cancellation),
                };
                File.WriteAllText(Path.Combine(folder, TrainedVersions.TextFile), tables.ToString());
                File.WriteAllText(Path.Combine(folder, TrainedVersions.FiguresFile), figures.ToJsonString(Figures));
            }
            Directory.Move(folder, versions.FolderOf(version));
        }
        finally
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
        return version;
    }

    /// <summary>What a kill left.</summary>
    private void DropUnfinished()
    {
        if (!Directory.Exists(versions.Folder)) return;
        foreach (string left in Directory.GetDirectories(versions.Folder, ".*")) Directory.Delete(left, recursive: true);
    }

    private DetectionPipeline Open(ModelSource source) => DetectionPipeline.Open(source, new PipelineOptions { Threads = options.Threads, Time = time });

    /// <summary>Heads of the version in use that the new one has not, since they are research heads or hold for another type of numbers: whoever promotes must know.</summary>
    private static string[] Missing(ModelSource source, HeadTrainingReport report, IProgress<string> progress)
    {
        string[] missing = [.. source.Bundle?.Heads.Heads.Heads.Select(head => head.Name).Except(report.Heads.Keys).Except(report.Manifest.Kept?.Heads ?? []) ?? []];
        if (missing.Length > 0) progress.Report($"The version in use also has heads for {string.Join(", ", missing)}; the new one does not.");
        return missing;
    }

    private JsonObject Evaluate(DetectionPipeline pipeline, StringBuilder tables, IProgress<string> progress, CancellationToken cancellation)
    {
        var reports = new JsonObject { ["version"] = pipeline.Identity.Version };
        foreach (var task in Enum.GetValues<LearningTask>())
        {
            string[] files = [.. (options.Trainer.Data ?? []).Where(file => LabelledFile.Read(file).FirstOrDefault()?.Task == task)];
            if (files.Length == 0) continue;
            var report = Evaluation.Run(pipeline, new EvaluationOptions { Task = task, Files = files, Features = Features, DataFolder = options.Data, Rows = EvaluatedRows, Time = time }, progress, cancellation);
            reports[JsonNamingPolicy.CamelCase.ConvertName(task.ToString())] = JsonSerializer.SerializeToNode(report, Figures);
            tables.Append(EvaluationText.Of(report)).Append('\n');
        }
        return reports;
    }
}
