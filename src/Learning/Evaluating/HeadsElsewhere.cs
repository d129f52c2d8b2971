using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Heads;
using Detection.Ingest;
using Detection.Learning.Data;
using Detection.Learning.Features;
using Detection.Learning.Heads;

namespace Detection.Learning.Evaluating;

/// <summary>Heads that learn from some rows to be measured on others, and are thrown away; beside them TF-IDF over the same rows.</summary>
internal sealed class HeadsElsewhere
{
    public const string Joint = "all", Floor = "TF-IDF";
    public const FeatureBlocks OfModel = FeatureBlocks.Hidden | FeatureBlocks.Criteria | FeatureBlocks.Surface;

    private const int Folds = 3, MostUnread = 1_500;

    private readonly FeatureLayout _layout;
    private readonly IReadOnlyList<Example> _learn;
    private readonly FeatureSpace _space;
    private readonly ScaledFeatures[] _scaled;

    public HeadsElsewhere(FeatureLayout layout, IReadOnlyList<Example> learn)
    {
        (_layout, _learn) = (layout, learn);
        _space = FeatureSpace.Of(layout, [.. learn.Select(example => example.Features)]);
        _scaled = _space.Scale([.. learn.Select(example => example.Features)]);
    }

    /// <summary>There are so many rows of either answer.</summary>
    public bool Teach(string head, int fewest) => HeadTargets.Teach(_learn, head, fewest);

    /// <summary>Of what is held, by variant and <see cref="Floor"/>; above 0 at even odds.</summary>
    /// <param name="strength">Chosen once and for all sources, so that none of them has a say in how it is measured.</param>
    /// <param name="own">Channels that teach the head its own words.</param>
    public Dictionary<string, double[]> Scores(string head, IReadOnlySet<Channel> own, IEnumerable<(string Name, FeatureBlocks Blocks)> variants, HeadStrength strength, IReadOnlyList<Example> held, CancellationToken cancellation)
    {
        var taught = RowWeights.Of(head, _learn, _scaled, own);
        var scores = new Dictionary<string, double[]>(StringComparer.Ordinal);
        foreach (var (name, blocks) in variants)
        {
            var fitted = new HeadFitting(_layout, _space, blocks).Fit(taught, blocks.HasFlag(FeatureBlocks.Words) ? strength : strength with { WordScale = 0 }, cancellation);
            var heads = _space.Scaling.With([fitted.Uncalibrated()]);
            scores[name] = [.. held.Select(example => (double)heads.Margins(example.Features.ForHeads)[0])];
        }
        var floor = TfidfBaseline.Train(_learn.Select(example => example.Placed with { Use = RowUse.Teaches }), row => HeadTargets.Of(row, head));
        scores[Floor] = [.. held.Select(example => floor.Probability(example.Row.Text) - 0.5)];
        return scores;
    }

    /// <summary>Thirds of the clusters of all sources, each with what is not held.</summary>
    public static IEnumerable<(int[] Held, Example[] Learn)> InFolds(IReadOnlyList<Example> examples, IReadOnlyList<Example> unread)
    {
        for (int fold = 0; fold < Folds; fold++)
        {
            bool IsHeld(Example example) => SplitRules.Share(example.Placed.Cluster + "/across") % Folds == fold;
            yield return ([.. Enumerable.Range(0, examples.Count).Where(i => IsHeld(examples[i]))], [.. examples.Concat(unread).Where(example => !IsHeld(example))]);
        }
    }

    /// <summary>Study halves, read by the model up to so many a file, and more of them that teach by words and make-up alone.</summary>
    /// <param name="rows">Most rows of a file, half of each answer where it has as many.</param>
    public static (List<Example> Read, List<Example> Unread) Read(
        DetectionPipeline pipeline, IReadOnlyList<string> files, Func<PlacedRow, bool> allowed, Func<LabelledRow, bool> positive, int rows, string features, IProgress<string> progress, CancellationToken cancellation)
    {
        using var store = FeatureStore.Open(features, pipeline);
        List<Example> examples = [], unread = [];
        foreach (string file in files)
        {
            var placed = LabelledSet.Of([.. LabelledFile.Read(file)]).Rows.Where(allowed).Select(row => row with { Use = RowUse.Measured }).ToArray();
            var chosen = EvaluationRows.Choose(placed, final: false, null, rows, positive);
            var messages = chosen.Select(row => MessageExtraction.Extract(row.Row.Message, new IngestOptions())).ToArray();
            var measured = chosen.Select(row => row.Row.Id).ToHashSet(StringComparer.Ordinal);
            unread.AddRange(EvaluationRows.Choose(placed.Where(row => !measured.Contains(row.Row.Id)), final: false, null, MostUnread, positive).Select(row =>
            {
                var message = MessageExtraction.Extract(row.Row.Message, new IngestOptions());
                return new Example(row, message.Channel, StoredFeatures.Unread(pipeline, message));
            }).Where(example => example.Features.Supported));
            progress.Report($"{LabelledFile.Name(file)}: {chosen.Count} rows");
            examples.AddRange(store.Of(messages, null, cancellation).Select((read, i) => new Example(chosen[i], messages[i].Channel, read)).Where(example => example.Features.Supported));
        }
        return (examples, unread);
    }
}
