using Detection.Contracts;
using Detection.Detectors.Bundles;
using Detection.Detectors.Calibration;
using Detection.Detectors.Heads;

namespace Detection.Learning.Heads;

/// <summary>
/// From which probability a technique is named, for each kind of message: what is right most often on validation rows of its channel and length, or, where there are few, of all channels that
/// taught it; and never so low that more than a share of the ordinary messages of that channel and length are named. In a channel that did not teach it that is asked of sources by heads that never
/// saw them, as if at most one message in five used it; a technique that is not found so, or that only one source shows, is not named there.
/// </summary>
internal sealed class TechniqueThresholds
{
    /// <summary>Ordinary messages that may be named for a technique: for a lure, which they lack, and for one of which nobody has said how many use it. What is said of everything says nothing.</summary>
    private const double LureBudget = 0.03, TechniqueBudget = 0.1;

    /// <summary>In a channel that no rows speak for a technique is taken to be no more frequent: where half of the rows use it, whatever is named is right half of the time.</summary>
    private const double MostFrequent = 0.2;

    /// <summary>Fewer ordinary messages say too little about a bucket, and fewer rows of either answer about a threshold; then a wider bucket speaks.</summary>
    public const int FewestOfAnswer = 20;

    private const int FewestOrdinary = 100;

    /// <summary>Stands for all channels that taught the head.</summary>
    private const string InTaught = "taught";

    private readonly HeadSet _heads;
    private readonly IReadOnlyDictionary<string, IReadOnlyList<(float Margin, bool Positive)>> _unseen;
    private readonly ILookup<string, Row> _rows;

    /// <param name="unseen">By technique, margins of rows whose source did not teach them.</param>
    public TechniqueThresholds(HeadSet heads, IEnumerable<ScoredExample> scored, IReadOnlyDictionary<string, IReadOnlyList<(float Margin, bool Positive)>> unseen)
    {
        (_heads, _unseen) = (heads, unseen);
        _rows = scored.Select(one => new Row(one)).SelectMany(row => row.Buckets.Select(bucket => (bucket, row))).ToLookup(one => one.bucket, one => one.row, StringComparer.Ordinal);
        var everywhere = new SortedDictionary<string, double>(StringComparer.Ordinal);
        var ofBucket = new SortedDictionary<string, SortedDictionary<string, double>>(StringComparer.Ordinal);
        for (int at = 0; at < heads.Heads.Count; at++)
            if (HeadNames.IsTechnique(heads.Heads[at].Name)) Choose(at, everywhere, ofBucket);
        (Everywhere, OfBucket) = (everywhere, ofBucket.ToDictionary(bucket => bucket.Key, bucket => (IReadOnlyDictionary<string, double>)bucket.Value, StringComparer.Ordinal));
    }

    /// <summary>By technique; none for one that is named nowhere but in buckets of its own.</summary>
    public IReadOnlyDictionary<string, double> Everywhere { get; }

    /// <summary>By bucket and technique, where it differs from the wider bucket's.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> OfBucket { get; }

    private void Choose(int at, SortedDictionary<string, double> everywhere, SortedDictionary<string, SortedDictionary<string, double>> ofBucket)
    {
        var head = _heads.Heads[at];
        string name = head.Name;
        double budget = HeadTargets.IsLure(name) ? LureBudget : TechniqueBudget;
        double Judged(Row row) => head.Probability(row.Example.Channel, row.Margins[at]);
        double Unknown(Row row) => head.Probability(Channel.Other, row.Unknown[at]);
        double Limit(IEnumerable<Row> rows, Func<Row, double> probability) => Thresholds.OverAllBut(budget, [.. rows.Where(row => row.IsOrdinary).Select(probability)]);
        bool Taught(Row row) => head.Own.Contains(row.Example.Channel);
        var all = _rows[LengthBucket.All];
        var limits = new Dictionary<string, double>(StringComparer.Ordinal) { [LengthBucket.All] = Limit(all, Unknown), [InTaught] = Limit(all.Where(Taught), Judged) };
        foreach (var (bucket, wider) in BucketsOf(head)) limits[bucket] = _rows[bucket].Count(row => row.IsOrdinary) >= FewestOrdinary ? Limit(_rows[bucket], Judged) : limits[wider];

        // A head that is wrong more often than right where it speaks is silent; its probability is still given.
        static double Over(double limit, double probability) => probability >= limit ? probability : Thresholds.NeverNamed;
        (double Probability, bool Positive)[] Answers(IEnumerable<Row> rows) => [.. rows.Where(row => row.Example.Row.Techniques?.ContainsKey(name) == true)
            .Select(row => (Over(limits[row.Buckets[0]], Judged(row)), row.Example.Row.Techniques![name]))];
        var travels = _unseen.GetValueOrDefault(name, []).Select(row => (Over(limits[LengthBucket.All], head.Probability(Channel.Other, row.Margin)), row.Positive)).ToArray();
        var chosen = new Dictionary<string, double>(StringComparer.Ordinal)
        {
            [LengthBucket.All] = Thresholds.OfTechnique(travels, MostFrequent, FewestOfAnswer) ?? DecisionSettings.Never,
            [InTaught] = Thresholds.OfTechnique(Answers(all.Where(Taught))) ?? DecisionSettings.Never,
        };
        if (chosen[LengthBucket.All] < DecisionSettings.Never) everywhere[name] = chosen[LengthBucket.All];
        foreach (var (bucket, wider) in BucketsOf(head))
        {
            var answers = Answers(_rows[bucket]);
            bool enough = answers.Count(row => row.Positive) >= FewestOfAnswer && answers.Count(row => !row.Positive) >= FewestOfAnswer;
            chosen[bucket] = Math.Max(limits[bucket], enough ? Thresholds.OfTechnique(answers) ?? DecisionSettings.Never : chosen[wider]);
            if (chosen[bucket] == chosen[wider == InTaught ? LengthBucket.All : wider]) continue;
            if (!ofBucket.TryGetValue(bucket, out var own)) ofBucket[bucket] = own = new SortedDictionary<string, double>(StringComparer.Ordinal);
            own[name] = chosen[bucket];
        }
    }

    /// <summary>Every bucket below <see cref="LengthBucket.All"/>, with its wider one; channels before their lengths.</summary>
    private static IEnumerable<(string Name, string Wider)> BucketsOf(Head head) => ChannelNames.All
        .SelectMany(channel => LengthBucket.OfChannel(channel).Select(bucket => (bucket, bucket != channel.Name() ? channel.Name() : head.Own.Contains(channel) ? InTaught : LengthBucket.All)));

    private sealed class Row(ScoredExample scored)
    {
        public Example Example => scored.Example;
        public float[] Margins => scored.Margins;
        public float[] Unknown => scored.Unknown;
        public bool IsOrdinary { get; } = HeadTargets.IsOrdinary(scored.Example, HeadNames.Spam);

        /// <summary>Narrowest first.</summary>
        public string[] Buckets { get; } = [.. LengthBucket.Of(scored.Example.Channel, scored.Example.Features.Characters)];
    }
}
