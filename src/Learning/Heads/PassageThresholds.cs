using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Detectors.Calibration;
using Detection.Detectors.Heads;
using Detection.Ingest;
using Detection.Learning.Data;

namespace Detection.Learning.Heads;

/// <summary>
/// How high a passage must score to stand out. A long text has many, and the highest of many is higher than one: thresholds are chosen on the highest passage of each calibration text by a
/// person. The texts are read again, since stored features know nothing of passages.
/// </summary>
internal static class PassageThresholds
{
    /// <summary>Texts of one channel that are read: enough to show a budget of 1 %, and few enough to read again.</summary>
    private const int MostOfChannel = 330;

    private const int Batch = 32, ReportEvery = 512;

    /// <summary>Null where no channel has enough texts that are long enough, or there is no authorship head.</summary>
    public static PassageDecision? Choose(DetectionPipeline pipeline, HeadSet heads, IReadOnlyList<Example> calibrating, double budget, double confidence, IProgress<string> progress, CancellationToken cancellation)
    {
        Example[] people = [.. calibrating.Where(example => HeadTargets.Of(example.Row, HeadNames.Synthetic) == false && example.Features.Tokens >= DetectionPipeline.FewestTokensWithPassages)
            .OrderBy(example => LabelledSet.HashOf(example.Row.Text), StringComparer.Ordinal)
            // Near-copies show no more than one of them.
            .DistinctBy(example => (example.Row.File, example.Placed.Cluster))
            .GroupBy(example => example.Channel).SelectMany(channel => channel.Take(MostOfChannel)).OrderBy(example => example.Features.Tokens)];
        if (people.Length < HumanScores.Enough || heads.Heads.All(head => head.Name != HeadNames.Synthetic)) return null;
        var highest = new List<(Channel Channel, float Margin)>();
        foreach (var batch in people.Chunk(Batch))
        {
            var passages = pipeline.ReadPassages([.. batch.Select(example => MessageExtraction.Extract(example.Row.Message, new IngestOptions()))], heads, cancellation);
            highest.AddRange(batch.Zip(passages).Where(one => one.Second.Count > 0).Select(one => (one.First.Channel, one.Second.Max(passage => passage.Margin))));
            if (highest.Count / ReportEvery > (highest.Count - batch.Length) / ReportEvery) progress.Report($"Passages of {highest.Count} of {people.Length} texts by people.");
        }
        return Choose(highest, budget, confidence);
    }

    /// <param name="highest">Of each text, its highest passage.</param>
    internal static PassageDecision? Choose(IReadOnlyCollection<(Channel Channel, float Margin)> highest, double budget, double confidence)
    {
        var channels = highest.GroupBy(one => one.Channel.Name(), one => one.Margin, StringComparer.Ordinal).ToDictionary(channel => channel.Key, channel => channel.Order().ToArray(), StringComparer.Ordinal);
        channels[LengthBucket.All] = [.. highest.Select(one => one.Margin).Order()];
        var above = Thresholds.Choose(new HumanScores(channels), [], budget, confidence, missed: 0).Above;
        return above.Count == 0 ? null : new PassageDecision(budget, confidence, above);
    }
}
