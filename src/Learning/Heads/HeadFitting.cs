using Detection.Contracts;
using Detection.Detectors.Heads;
using Detection.Learning.Metrics;

namespace Detection.Learning.Heads;

/// <summary>How strongly the weights of a head are held back, and how it was found.</summary>
/// <param name="Ridge">Weight of ½‖w‖² on hidden states and surface.</param>
/// <param name="WordScale">The ridge lets the weight of a word go this many times further; 0: the head reads no words.</param>
/// <param name="Auroc">Mean over held-out folds. For authorship the strength is that with which most machine texts are found where at most a twentieth of the people held out is flagged.</param>
public sealed record HeadStrength(double Ridge, double WordScale, double Auroc);

/// <summary>One head's weights with how they were found.</summary>
internal sealed record FittedHead(string Name, float[] Dense, float[] Words, float Bias, HeadStrength Strength, int Positives, int Negatives)
{
    public IReadOnlySet<Channel> Own { get; init; } = OwnWords.Channels;
    public float[] Grams { get; init; } = [];
    public float[] Structure { get; init; } = [];
    public float[] Products { get; init; } = [];

    /// <summary>For channels that did not teach it; null where it judges everywhere.</summary>
    public FittedHead? Elsewhere { get; init; }

    /// <summary>Rows that calibrate, of a source that this margin's weights never saw, read as in a channel that taught nothing; empty where no other source teaches the head.</summary>
    public IReadOnlyList<(float Margin, bool Positive)> Unseen { get; init; } = [];

    /// <summary>Before calibration: the margin is the score.</summary>
    public Head Uncalibrated() => new(Name, Dense, Words, Bias, new Platt(1, 0)) { Own = Own, Elsewhere = Elsewhere?.Uncalibrated(), Products = Products, Grams = Grams, Structure = Structure };
}

/// <summary>Which features a head may read.</summary>
[Flags]
internal enum FeatureBlocks
{
    Hidden = 1,
    Criteria = 2,
    Surface = 4,
    Words = 8,
    Structure = 16,
    Products = 32,
    All = Hidden | Criteria | Surface | Words | Structure | Products,
}

/// <summary>Fits one head: the ridge is chosen on folds that leave whole groups out, then all rows teach.</summary>
internal sealed class HeadFitting(FeatureLayout layout, FeatureSpace space, FeatureBlocks blocks = FeatureBlocks.All)
{
    /// <summary>Criteria are few and each says much: they are held back less than one of a thousand hidden values.</summary>
    private const float CriteriaScale = 4;

    /// <summary>
    /// For mail, what a model makes of a text is held back thirty times as much as its words let go: a thousand numbers fit any source's habits, and carry little of what unwanted mail is
    /// (left one source out with compact: AUROC of all features .77 unrestrained, .80 so).
    /// </summary>
    private const float DenseScaleOfMail = 0.03f;

    /// <summary>For techniques in channels that teach them: thousands of rows of a file teach what its words say, and only the few hundred that a model has read what its states say.</summary>
    private const float DenseScaleOfTechnique = 0.3f;

    /// <summary>For authorship, where products of criteria stand beside them (left one source out, mean AUROC: with SmolLM2-135M .839, without products .832; with compact .799 and .797).</summary>
    private const float PlainScaleOfAuthorship = 2, ProductScale = 0.5f;

    /// <summary>A named observation is seldom there, and is not standardised.</summary>
    private const float StructureScale = 4;

    private const int Folds = 3;

    private static readonly double[] AuthorshipRidges = [10, 3, 1, 0.3, 0.1, 0.03, 0.01], AuthorshipWordScales = [25, 80];

    /// <summary>Mail has ten times the rows, and each fit reads ten times as much of them.</summary>
    private static readonly double[] MailRidges = [0.1, 0.01, 0.001], MailWordScales = [20];

    private static readonly double[] TechniqueRidges = [10, 3, 1], TechniqueWordScales = [300, 1000];

    /// <summary>
    /// Of a technique's head for channels that did not teach it. Words tell a technique in the source that taught it, and say little of it elsewhere, where hidden states say more: left one source
    /// out with compact, mean AUROC is .63 so, and .58 with the strengths that are best within sources.
    /// </summary>
    public static readonly HeadStrength Travelling = new(1, 30, double.NaN);

    /// <summary>Fewer of either answer say nothing of how a source's texts are ranked.</summary>
    private const int FewestToRank = 3;

    /// <summary>
    /// With the strength that is best on what is left out: whole sources for authorship, which must be told of any text; else clusters. The head for authorship reads words only if that helps
    /// on the source left out.
    /// </summary>
    public FittedHead Fit(TaughtExamples taught, CancellationToken cancellation) => Fit(taught, Choose(taught, cancellation), cancellation);

    /// <summary>With a strength that was chosen before.</summary>
    public FittedHead Fit(TaughtExamples taught, HeadStrength strength, CancellationToken cancellation)
    {
        var rows = taught.Examples.Select(example => example.Row).ToArray();
        float[] weights = LogisticRegression.Fit(Matrix(rows, taught.Layout, strength), Scales(taught.Layout, strength), strength.Ridge, null, 200, cancellation);
        return Split(taught.Layout, weights, strength, rows.Count(row => row.Positive), taught.Examples.Count(example => !example.Row.Positive && !example.IsBackground));
    }

    /// <summary>Numbers of a row's dense features as it is learned from.</summary>
    private int Scaled => space.Hidden + layout.Length - layout.Hidden;

    private FittedHead Split(SparseLayout layout, float[] weights, HeadStrength strength, int positives, int negatives)
    {
        string head = layout.Head;
        int dense = Dense(head), words = strength.WordScale > 0 ? layout.Words : 0;
        bool mail = HeadNames.IsMail(head);
        float[] prior = StructuralFeatures.Prior(head);
        return new FittedHead(head, space.Expand(weights.AsSpan(0, Scaled)), [.. weights.AsSpan(dense, words).ToArray().Select(HeadFile.Round)], weights[^1], strength, positives, negatives)
        {
            Own = layout.Own,
            Grams = mail && words > 0 ? [.. weights[(dense + words)..^1].Select(HeadFile.Round)] : [],
            Products = Products(head) is > 0 and var products && blocks.HasFlag(FeatureBlocks.Products) ? weights[Scaled..(Scaled + products)] : [],
            // A sign to beware of never speaks for a message, whatever an old data set says.
            Structure = mail && blocks.HasFlag(FeatureBlocks.Structure) ? [.. prior.Select((known, i) => Math.Max(0, known + weights[Scaled + i]))] : [],
        };
    }

    private int Dense(string head) => Scaled + (HeadNames.IsMail(head) ? StructuralFeatures.Count : Products(head));

    private static int Products(string head) => head == HeadNames.Synthetic ? CriteriaProducts.Count : 0;

    private static int Sparse(SparseLayout layout, HeadStrength strength) => strength.WordScale > 0 ? layout.Words + layout.Grams : 0;

    private HeadStrength Choose(TaughtExamples taught, CancellationToken cancellation)
    {
        string head = taught.Layout.Head;
        bool words = blocks.HasFlag(FeatureBlocks.Words), bySource = head == HeadNames.Synthetic;
        var (ridges, wordScales) = HeadNames.IsMail(head) ? (MailRidges, MailWordScales) : HeadNames.IsTechnique(head) ? (TechniqueRidges, TechniqueWordScales) : (AuthorshipRidges, AuthorshipWordScales);
        var best = new HeadStrength(0.1, words ? wordScales[0] : 0, double.NaN);
        double most = double.NaN;
        var folds = FoldsOf(taught.Examples, bySource);
        if (folds.Count < 2) return best;
        foreach (double scale in !words ? [0] : bySource ? [0, .. wordScales] : wordScales)
        {
            var starts = new float[]?[folds.Count];
            foreach (double ridge in ridges)
            {
                var strength = new HeadStrength(ridge, scale, 0);
                FoldScore[] scores = [.. folds.Select((fold, i) => Score(taught, fold, strength, ref starts[i], cancellation)).Where(score => !double.IsNaN(score.Auroc))];
                if (scores.Length == 0) continue;
                double mean = scores.Average(score => score.Chosen);
                if (double.IsNaN(most) || mean > most) (best, most) = (strength with { Auroc = scores.Average(score => score.Auroc) }, mean);
            }
        }
        return best;
    }

    /// <param name="Chosen">By what the strength is chosen: AUROC; for a technique its mean over sources, since telling sources apart is no use; or for a head that must travel the share of positives found where at most a twentieth of the negatives held out pass.</param>
    private readonly record struct FoldScore(double Auroc, double Chosen);

    private FoldScore Score(TaughtExamples taught, HashSet<int> held, HeadStrength strength, ref float[]? start, CancellationToken cancellation)
    {
        var (layout, examples) = (taught.Layout, taught.Examples);
        TrainingRow[] learn = [.. examples.Where((_, i) => !held.Contains(i)).Select(example => example.Row)];
        if (learn.All(row => row.Positive) || !learn.Any(row => row.Positive)) return new FoldScore(double.NaN, double.NaN);
        var matrix = Matrix(learn, layout, strength);
        float[] weights = start = LogisticRegression.Fit(matrix, Scales(layout, strength), strength.Ridge, start, 60, cancellation);
        // Told from texts of other kinds, a technique looks easier than it is.
        var scored = held.Where(i => !examples[i].IsBackground).Select(i => (Score: (double)matrix.Margin(examples[i].Row, weights), examples[i].Row.Positive, examples[i].SourceGroup)).ToArray();
        double[] negatives = [.. scored.Where(one => !one.Positive).Select(one => one.Score)], positives = [.. scored.Where(one => one.Positive).Select(one => one.Score)];
        double auroc = Ranking.Auroc(negatives, positives);
        return new FoldScore(auroc, layout.Head == HeadNames.Synthetic ? Ranking.FoundAtStrict(negatives, positives, oneIn: 20) : HeadNames.IsTechnique(layout.Head) ? WithinSources(scored) ?? auroc : auroc);
    }

    /// <summary>Mean AUROC of the sources that have enough of both answers; null where none has.</summary>
    private static double? WithinSources(IEnumerable<(double Score, bool Positive, string Source)> scored)
    {
        double[] sources = [.. scored.GroupBy(one => one.Source, StringComparer.Ordinal)
            .Select(source => (Negatives: source.Where(one => !one.Positive).Select(one => one.Score).ToArray(), Positives: source.Where(one => one.Positive).Select(one => one.Score).ToArray()))
            .Where(source => source.Negatives.Length >= FewestToRank && source.Positives.Length >= FewestToRank)
            .Select(source => Ranking.Auroc(source.Negatives, source.Positives))];
        return sources.Length > 0 ? sources.Average() : null;
    }

    private TrainingMatrix Matrix(TrainingRow[] rows, SparseLayout layout, HeadStrength strength) => new(rows, Dense(layout.Head), Sparse(layout, strength));

    /// <summary>How far the ridge lets each weight go; 0: not at all.</summary>
    private float[] Scales(SparseLayout sparse, HeadStrength strength)
    {
        string head = sparse.Head;
        int dense = Dense(head), words = Sparse(sparse, strength), surface = space.Hidden + layout.Criteria;
        float[] scales = new float[dense + words + 1];
        float most = HeadNames.IsMail(head) ? DenseScaleOfMail : HeadNames.IsTechnique(head) && sparse.Own.Count > 0 ? DenseScaleOfTechnique : 1;
        if (blocks.HasFlag(FeatureBlocks.Hidden)) scales.AsSpan(0, space.Hidden).Fill(most);
        bool authorship = head == HeadNames.Synthetic && blocks.HasFlag(FeatureBlocks.Products);
        if (blocks.HasFlag(FeatureBlocks.Criteria)) scales.AsSpan(space.Hidden, layout.Criteria).Fill(authorship ? PlainScaleOfAuthorship : CriteriaScale * most);
        // Capitals, digits and punctuation tell data sets apart, not authors.
        int read = head == HeadNames.Synthetic ? SurfaceFeatures.PlainCount : SurfaceFeatures.Names.Count;
        if (blocks.HasFlag(FeatureBlocks.Surface)) scales.AsSpan(surface, read).Fill(authorship ? PlainScaleOfAuthorship : most);
        if (authorship) scales.AsSpan(Scaled, Products(head)).Fill(ProductScale);
        if (HeadNames.IsMail(head) && blocks.HasFlag(FeatureBlocks.Structure)) scales.AsSpan(Scaled, dense - Scaled).Fill(StructureScale);
        scales.AsSpan(dense, words).Fill((float)strength.WordScale);
        scales[^1] = 1;
        return scales;
    }

    /// <summary>
    /// Indices that are held out together: thirds of the clusters; or by source, every source that has both answers once, and with it a third of the documents of those that have one,
    /// since a threshold must hold among people of any kind.
    /// </summary>
    private static List<HashSet<int>> FoldsOf(IReadOnlyList<TaughtExample> examples, bool bySource)
    {
        int Third(TaughtExample example) => Data.SplitRules.Share(example.Cluster + "/fold") % Folds;
        bool HasBoth(IEnumerable<int> group) => group.Any(i => examples[i].Row.Positive) && group.Any(i => !examples[i].Row.Positive && !examples[i].IsBackground);
        var all = Enumerable.Range(0, examples.Count);
        if (!bySource) return [.. all.GroupBy(i => Third(examples[i])).OrderBy(group => group.Key).Where(HasBoth).Select(group => group.ToHashSet())];
        var sources = all.GroupBy(i => examples[i].SourceGroup, StringComparer.Ordinal).OrderBy(source => source.Key, StringComparer.Ordinal).ToLookup(HasBoth);
        return [.. sources[true].Select((source, at) => source.Concat(sources[false].SelectMany(one => one).Where(i => Third(examples[i]) == at % Folds)).ToHashSet())];
    }
}

/// <summary>What a head learns from.</summary>
internal sealed record TaughtExamples(SparseLayout Layout, IReadOnlyList<TaughtExample> Examples);

/// <summary>A row as a head learns from it, and what it must not be torn from.</summary>
/// <param name="IsBackground">It has no answer of its own: it teaches, and measures nothing.</param>
internal sealed record TaughtExample(TrainingRow Row, string SourceGroup, string Cluster, bool IsBackground = false);
