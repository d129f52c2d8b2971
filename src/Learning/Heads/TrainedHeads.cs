using Detection.Detectors.Bundles;
using Detection.Detectors.Heads;

namespace Detection.Learning.Heads;

/// <summary>One set of heads as it was learned.</summary>
internal sealed record TrainedHeads(HeadFile File, DecisionSettings Decisions, IReadOnlyList<TrainingSource> Sources, IReadOnlyList<FittedHead> Fitted, int Taught, int Calibrated)
{
    /// <summary>Of an older version; null: all were trained.</summary>
    public KeptHeads? Kept { get; init; }

    /// <summary>With heads of an older version, over whose scaling these were learned, and what was measured of them.</summary>
    public TrainedHeads Beside(Bundle known, IReadOnlyList<Head> kept)
    {
        bool Stays(string head) => kept.Any(one => one.Name == head);
        T Of<T>(string head, T trained, T before) => Stays(head) ? before : trained;
        var older = known.Decisions;
        return this with
        {
            File = new HeadFile(
                File.Heads.With([.. HeadNames.All.SelectMany(name => File.Heads.Heads.Concat(kept).Where(head => head.Name == name))]),
                File.People.Concat(known.Heads.People.Where(one => Stays(one.Key))).ToDictionary(StringComparer.Ordinal))
            {
                Spans = File.Spans ?? known.Heads.Spans,
            },
            Decisions = Decisions with
            {
                Synthetic = Of(HeadNames.Synthetic, Decisions.Synthetic, older.Synthetic),
                Spam = Of(HeadNames.Spam, Decisions.Spam, older.Spam),
                Phishing = Of(HeadNames.Phishing, Decisions.Phishing, older.Phishing),
                Passage = Of(HeadNames.Synthetic, Decisions.Passage, older.Passage),
                Techniques = ByName(Decisions.Techniques.Concat(older.Techniques.Where(one => Stays(one.Key)))),
                TechniquesOf = OfBuckets(Decisions).Concat(OfBuckets(older).Where(one => Stays(one.Named.Key))).GroupBy(one => one.Bucket, StringComparer.Ordinal)
                    .OrderBy(bucket => bucket.Key, StringComparer.Ordinal).ToDictionary(bucket => bucket.Key, bucket => ByName(bucket.Select(one => one.Named)), StringComparer.Ordinal),
            },
            Sources = [.. known.Training.Union(Sources)],
            Kept = new KeptHeads(known.Manifest.Version, known.Sha256, [.. kept.Select(head => head.Name)]),
        };
    }

    private static IReadOnlyDictionary<string, double> ByName(IEnumerable<KeyValuePair<string, double>> named) => named.OrderBy(one => one.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);

    private static IEnumerable<(string Bucket, KeyValuePair<string, double> Named)> OfBuckets(DecisionSettings decisions) =>
        decisions.TechniquesOf?.SelectMany(bucket => bucket.Value.Select(named => (bucket.Key, named))) ?? [];
}
