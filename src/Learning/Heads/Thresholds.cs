using Detection.Contracts;
using Detection.Detectors.Bundles;
using Detection.Detectors.Calibration;
using Detection.Learning.Metrics;

namespace Detection.Learning.Heads;

/// <summary>Margins that keep a budget of false alarms.</summary>
internal static class Thresholds
{
    /// <summary>Right answers on validation below which a threshold is chance.</summary>
    public const int FewestFound = 5;

    /// <summary>Positives of a bucket that say where the lowest twentieth of them lies.</summary>
    private const int FewestPositives = 100;

    /// <summary>
    /// The largest k with P(Bin(n, budget) ≥ k) ≥ confidence: flagging strictly above the k-th highest of n human scores then keeps the budget with that confidence.
    /// 0: n is too small to show it (published-numbers.md §3.3).
    /// </summary>
    public static int Flagged(int n, double budget, double confidence)
    {
        int k = 0;
        while (k < n && Beta.BinomialAtLeast(k + 1, n, budget) >= confidence) k++;
        return k;
    }

    public static ScoreDecision Choose(HumanScores people, IReadOnlyList<(Channel Channel, int Characters, float Margin)> positives, double budget, double confidence, double missed)
    {
        double? Below(IEnumerable<float> margins)
        {
            float[] sorted = [.. margins.Order()];
            int most = (int)(missed * sorted.Length);
            return most > 0 ? sorted[most - 1] : null;
        }

        var below = positives.SelectMany(one => LengthBucket.OfLength(one.Channel, one.Characters).Select(bucket => (Bucket: bucket, one.Margin))).GroupBy(one => one.Bucket, StringComparer.Ordinal)
            .Where(bucket => bucket.Count() >= FewestPositives).ToDictionary(bucket => bucket.Key, bucket => Below(bucket.Select(one => one.Margin))!.Value, StringComparer.Ordinal);
        return new ScoreDecision(budget, confidence, Above(people, budget, confidence), Below(positives.Select(one => one.Margin)), missed) { BelowOf = new SortedDictionary<string, double>(below, StringComparer.Ordinal) };
    }

    /// <summary>
    /// By bucket, where it has enough people to show the budget; and by length in any channel, for messages whose channel has not: no one knows which of the others it is like, so none of their
    /// thresholds at that length lies higher.
    /// </summary>
    public static SortedDictionary<string, double> Above(HumanScores people, double budget, double confidence)
    {
        var above = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var (bucket, scores) in people.Buckets)
            if (scores.Length >= HumanScores.Enough && Flagged(scores.Length, budget, confidence) is > 0 and var k) above[bucket] = scores[^k];
        if (!above.TryGetValue(LengthBucket.All, out double all)) return above;
        foreach (var (length, channels) in LengthBucket.ByLength)
            if (channels.Where(above.ContainsKey).Select(channel => above[channel]).ToArray() is { Length: > 0 } known) above[length] = Math.Max(all, known.Max());
        return above;
    }

    /// <summary>At or above it lies at most this share of the probabilities; 0 where there are none.</summary>
    public static double OverAllBut(double share, double[] probabilities)
    {
        if (probabilities.Length == 0) return 0;
        Array.Sort(probabilities);
        return Math.BitIncrement(probabilities[^((int)(share * probabilities.Length) + 1)]);
    }

    /// <summary>Stands for the probability of a row that its channel's ordinary messages keep from being named.</summary>
    public const double NeverNamed = -1;

    /// <summary>
    /// The probability from which F1 on the rows is largest while half of what is named is right; rows at or above it are named. Null where there is none with
    /// <paramref name="fewestFound"/> right ones: the head is too thin to speak.
    /// </summary>
    /// <param name="mostFrequent">The rows count as if no larger share of them were positive.</param>
    public static double? OfTechnique(IReadOnlyList<(double Probability, bool Positive)> rows, double mostFrequent = 1, int fewestFound = FewestFound)
    {
        int positives = rows.Count(row => row.Positive), found = 0, wrong = 0;
        double weight = Math.Max(1, positives * (1 - mostFrequent) / mostFrequent / Math.Max(1, rows.Count - positives)), best = 0;
        double? threshold = null;
        foreach (var tie in rows.Where(row => row.Probability != NeverNamed).GroupBy(row => row.Probability).OrderByDescending(group => group.Key))
        {
            found += tie.Count(row => row.Positive);
            wrong += tie.Count(row => !row.Positive);
            double f1 = 2.0 * found / (positives + found + weight * wrong);
            if (f1 > best && found >= fewestFound && found >= weight * wrong) (best, threshold) = (f1, tie.Key);
        }
        return threshold;
    }
}
