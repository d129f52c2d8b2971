using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Detectors.Calibration;
using Detection.Detectors.Heads;
using Detection.Ingest;
using Detection.Learning.Data;

namespace Detection.Learning.Heads;

/// <summary>
/// How prominent a passage must be to stand out. A long text has many, and the highest of many is higher than one: thresholds are chosen on the highest passage of each calibration text by a
/// person, for long texts apart. The texts are read again, since stored features know nothing of passages.
/// </summary>
internal static class PassageThresholds
{
    /// <summary>Texts that are read, in equal parts from the channels, so that none drowns the others: enough to show a budget of 1 %, and few enough to read again.</summary>
    private const int MostTexts = 1_000;

    /// <summary>Passages of a long text, of some four hundred tokens.</summary>
    private const int Many = 8;

    private const int Batch = 32, ReportEvery = 512;

    /// <summary>Null where too few texts are long enough to show the budget, or there is no authorship head.</summary>
    public static PassageDecision? Choose(DetectionPipeline pipeline, HeadSet heads, IReadOnlyList<Example> calibrating, double budget, double confidence, IProgress<string> progress, CancellationToken cancellation)
    {
        if (heads.Heads.All(head => head.Name != HeadNames.Synthetic)) return null;
        var channels = calibrating.Where(example => HeadTargets.Of(example.Row, HeadNames.Synthetic) == false && example.Features.Tokens >= DetectionPipeline.FewestTokensWithPassages)
            .OrderBy(example => LabelledSet.HashOf(example.Row.Text), StringComparer.Ordinal)
            // Near-copies show no more than one of them.
            .DistinctBy(example => (example.Row.File, example.Placed.Cluster))
            .GroupBy(example => example.Channel).ToArray();
        Example[] people = [.. channels.SelectMany(channel => channel.Take(MostTexts / channels.Length)).OrderBy(example => example.Features.Tokens)];
        if (people.Length < HumanScores.Enough) return null;
        var highest = new List<(int Passages, float Prominence)>();
        foreach (var batch in people.Chunk(Batch))
        {
            var passages = pipeline.ReadPassages([.. batch.Select(example => MessageExtraction.Extract(example.Row.Message, new IngestOptions()))], heads, cancellation);
            highest.AddRange(passages.Where(text => text.Count > 0).Select(text => (text.Count, text.Max(passage => passage.Prominence))));
            if (highest.Count / ReportEvery > (highest.Count - batch.Length) / ReportEvery) progress.Report($"Passages of {highest.Count} of {people.Length} texts by people.");
        }
        return Choose(highest, budget, confidence);
    }

    /// <param name="highest">Of each text, how many passages it has and the prominence of the highest.</param>
    internal static PassageDecision? Choose(IReadOnlyCollection<(int Passages, float Prominence)> highest, double budget, double confidence)
    {
        (double Above, int Texts)? Of(IEnumerable<(int Passages, float Prominence)> texts)
        {
            float[] sorted = [.. texts.Select(text => text.Prominence).Order()];
            return Thresholds.Flagged(sorted.Length, budget, confidence) is > 0 and var k ? (sorted[^k], sorted.Length) : null;
        }

        if (Of(highest.Where(text => text.Passages < Many)) is { } few && Of(highest.Where(text => text.Passages >= Many)) is { } many)
            return new PassageDecision(budget, confidence, few.Above, few.Texts) { Long = new LongTextDecision(Many, many.Above, many.Texts) };
        return Of(highest) is { } every ? new PassageDecision(budget, confidence, every.Above, every.Texts) : null;
    }
}
