using System.Numerics.Tensors;
using Detection.Contracts;
using Detection.Detectors.Heads;

namespace Detection.Learning.Heads;

/// <summary>How much each row counts when a head learns, and what of it the head reads.</summary>
internal static class RowWeights
{
    /// <summary>What ordinary messages without an answer weigh, of all that teaches what a technique is not.</summary>
    private const double BackgroundShare = 0.25;

    /// <summary>
    /// Every source and answer counts as the square root of its rows, so that no one source decides what machine or spam means. Ordinary messages that no one has asked about a technique
    /// (<see cref="HeadTargets.IsBackground"/>) count as a quarter of what it is not, each channel alike.
    /// </summary>
    /// <param name="own">Channels whose words it reads apart.</param>
    public static TaughtExamples Of(string head, IReadOnlyList<Example> teaching, IReadOnlyList<ScaledFeatures> scaled, IReadOnlySet<Channel> own)
    {
        var rows = Enumerable.Range(0, teaching.Count).Select(i => (Index: i, Answer: HeadTargets.Of(teaching[i].Row, head))).Where(one => one.Answer is not null).ToArray();
        var counts = rows.GroupBy(row => (teaching[row.Index].SourceGroup, row.Answer)).ToDictionary(group => group.Key, group => group.Count());
        double positives = counts.Where(one => one.Key.Answer == true).Sum(one => Math.Sqrt(one.Value)), negatives = counts.Where(one => one.Key.Answer == false).Sum(one => Math.Sqrt(one.Value));
        float[] prior = StructuralFeatures.Prior(head);
        int[] background = [.. Enumerable.Range(0, teaching.Count).Where(i => teaching[i].Features.Tokens > 0 && HeadTargets.IsBackground(teaching[i].Row, head))];
        var channels = background.GroupBy(i => teaching[i].Channel).ToDictionary(channel => channel.Key, channel => channel.Count());
        double answered = background.Length > 0 ? 1 - BackgroundShare : 1;
        var layout = new SparseLayout(head, own);
        return new TaughtExamples(layout, [.. rows.Select(row =>
        {
            var example = teaching[row.Index];
            int count = counts[(example.SourceGroup, row.Answer)];
            double weight = rows.Length / 2.0 / Math.Sqrt(count) / (row.Answer == true ? positives : negatives / answered);
            return new TaughtExample(Row(scaled[row.Index], layout, prior, row.Answer == true, (float)weight), example.SourceGroup, example.Placed.Cluster);
        }), .. background.Select(i =>
        {
            double weight = rows.Length / 2.0 * BackgroundShare / channels.Count / channels[teaching[i].Channel];
            return new TaughtExample(Row(scaled[i], layout, prior, positive: false, (float)weight), teaching[i].SourceGroup, teaching[i].Placed.Cluster, IsBackground: true);
        })]);
    }

    /// <summary>The head for authorship reads products after the dense features, heads for mail structure.</summary>
    private static TrainingRow Row(ScaledFeatures features, SparseLayout layout, float[] prior, bool positive, float weight)
    {
        var (buckets, values) = layout.Of(features);
        if (layout.Head == HeadNames.Synthetic) return new TrainingRow([.. features.Dense, .. CriteriaProducts.Of(features.Dense)], buckets, values, positive, weight);
        return !HeadNames.IsMail(layout.Head)
            ? new TrainingRow(features.Dense, buckets, values, positive, weight)
            : new TrainingRow([.. features.Dense, .. features.Structure], buckets, values, positive, weight, TensorPrimitives.Dot(features.Structure, prior),
                features.Dense.AsSpan().IndexOfAnyExcept(0f) is >= 0 and var first ? first : features.Dense.Length);
    }
}
