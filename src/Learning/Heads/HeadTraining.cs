using System.Text;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Detectors.Calibration;
using Detection.Detectors.Heads;
using Detection.Ingest;
using Detection.Learning.Attacks;
using Detection.Learning.Data;
using Detection.Learning.Features;
using Detection.Learning.Spans;

namespace Detection.Learning.Heads;

/// <summary>Trains every head that the data has both answers for, calibrates them on rows that did not teach, and writes a bundle.</summary>
public sealed class HeadTraining
{
    private const double Confidence = 0.95, Missed = 0.05;
    private const int MinimumTokens = 50, FewestPositives = 20, FewestOfChannel = 40, ReportEvery = 512;

    private readonly DetectionPipeline _pipeline;
    private readonly HeadTrainingOptions _options;
    private readonly IProgress<string> _progress;
    private readonly HashSet<string> _collected;
    private readonly Dictionary<string, string> _paths;

    private HeadTraining(DetectionPipeline pipeline, HeadTrainingOptions options, IProgress<string> progress)
    {
        (_pipeline, _options, _progress) = (pipeline, options, progress);
        _collected = options.Extra.Select(row => row.File).ToHashSet(StringComparer.Ordinal);
        _paths = new(StringComparer.Ordinal);
        foreach (string path in options.Data.Concat(options.Corpus))
            if (!_paths.TryAdd(LabelledFile.Name(path), path)) throw new InvalidDataException($"{path}: {_paths[LabelledFile.Name(path)]} has the same name, and rows are told apart by it. Rename one.");
    }

    /// <param name="pipeline">Opened on the base model; the bundle's settings of features are this pipeline's.</param>
    /// <param name="progress">Told in lines for people.</param>
    public static HeadTrainingReport Run(DetectionPipeline pipeline, HeadTrainingOptions options, IProgress<string> progress, CancellationToken cancellation = default) =>
        new HeadTraining(pipeline, options, progress).Run(cancellation);

    private HeadTrainingReport Run(CancellationToken cancellation)
    {
        LabelledRow[] rows = [.. _options.Data.SelectMany(LabelledFile.Read)];
        var (first, second) = Known();
        var heads = Learn(rows, _options.Licences, first, cancellation);
        // The same sources in both sets are the same heads twice: then there is one set.
        var research = _options.Research && _options.Licences < LicenceClass.Restricted && (second is not null || rows.Any(row => !Allowed(row, _options.Licences)))
            ? Learn(rows, LicenceClass.Restricted, second, cancellation)
            : null;
        var manifest = BundleWriter.Write(_pipeline, _options, heads, research);
        return new HeadTrainingReport(manifest, heads.Fitted.ToDictionary(head => head.Name, head => head.Strength, StringComparer.Ordinal), heads.Taught, heads.Calibrated);
    }

    /// <summary>Both sets of heads that may stay; null: nothing stays, or there is no such set.</summary>
    private (Bundle? First, Bundle? Research) Known()
    {
        if (!_options.Keep) return (null, null);
        var bundle = _pipeline.Source.Bundle ?? throw new InvalidDataException($"{_pipeline.Source.Name} has no heads that could stay.");
        var (features, read) = (bundle.Manifest.Features, _pipeline.Settings);
        if (!_pipeline.HasHeads || (features.MaxTokens, features.FirstPredicted) != (read.MaxTokens, read.FirstPredicted))
            throw new InvalidDataException($"{_pipeline.Source.Name}: its heads are for {string.Join(", ", bundle.Manifest.Dtypes)} and {features.MaxTokens} tokens; beside them none can learn from {_pipeline.Dtype} and {read.MaxTokens}.");
        return (bundle.WithHeads(research: false), _options.Research && bundle.Manifest.Heads.Research is not null ? bundle.WithHeads(research: true) : null);
    }

    private TrainedHeads Learn(LabelledRow[] rows, LicenceClass licences, Bundle? known, CancellationToken cancellation)
    {
        var set = LabelledSet.Of([.. rows.Where(row => Allowed(row, licences)), .. _options.Extra]);
        _progress.Report($"{licences.ToString().ToLowerInvariant()}: {set.Rows.Count} rows of {_options.Data.Count} files; {set.Removed} left out because a twin is measured.");
        var teach = Sampled(set, RowUse.Teaches).Concat(CorpusRows(licences, CorpusUse.HeadNegatives, _options.CorpusTeaches)).ToArray();
        var calibrate = Sampled(set, RowUse.SetsThresholds).Concat(CorpusRows(licences, CorpusUse.Calibration, _options.CorpusCalibrates)).ToArray();
        Example[] teaching, calibrating;
        using (var store = FeatureStore.Open(_options.Features, _pipeline))
        {
            teaching = Read(store, [.. teach, .. teach.Where(IsAttacked).Select(Attacked)], "teach", cancellation);
            calibrating = Read(store, calibrate, "set thresholds", cancellation);
        }
        var unread = Unread(set, teach);
        if (unread.Length > 0) _progress.Report($"{unread.Length} more rows teach by their words and make-up alone.");
        Example[] all = [.. teaching, .. unread];
        // Rows that no model has read say nothing of who wrote them.
        Example[] TeachersOf(string head) => head == HeadNames.Synthetic ? teaching : all;
        string[] names = [.. HeadNames.All.Where(head => (_options.Only.Count == 0 || _options.Only.Contains(head)) && HeadTargets.Teach(TeachersOf(head), head, FewestPositives))];
        Head[] kept = [.. known?.Heads.Heads.Heads.Where(head => !names.Contains(head.Name)) ?? []];
        if (kept.Length > 0) _progress.Report($"Of version {known!.Manifest.Version} stay: {string.Join(", ", kept.Select(head => head.Name))}.");
        var space = FeatureSpace.Of(_pipeline.Layout, [.. all.Select(example => example.Features)], kept.Length > 0 ? known!.Heads.Heads : null);
        var fitted = FitAll(names, all, TeachersOf, calibrating, space, cancellation);
        var plain = space.Scaling.With([.. fitted.Select(head => head.Uncalibrated())]);
        ScoredExample[] scored = [.. calibrating.Select(example => ScoredExample.Of(plain, example))];
        var heads = Calibrate(plain, scored);
        var people = heads.Heads.Where(head => head.Name is HeadNames.Synthetic or HeadNames.Spam or HeadNames.Phishing)
            .ToDictionary(head => head.Name, head => People(heads, head.Name, scored), StringComparer.Ordinal);
        var file = new HeadFile(heads, people) { Spans = names.Any(HeadNames.IsTechnique) ? SpanTraining.Fit(_pipeline, set, _progress, cancellation) : null };
        var decisions = Decisions(file, scored, fitted) with { Passage = PassageThresholds.Choose(_pipeline, heads, calibrating, _options.Budget, Confidence, _progress, cancellation) };
        var chose = file.Spans is null ? [] : set.For(RowUse.SetsThresholds).Where(SpanTraining.Marks);
        var trained = new TrainedHeads(file, decisions, Sources([.. teach, .. unread.Select(example => example.Placed), .. calibrate.Union(chose)]), fitted, teaching.Length, calibrating.Length);
        return kept.Length > 0 ? trained.Beside(known!, kept) : trained;
    }

    /// <summary>One row in so many of authorship is learned from a second time, as an attack leaves it: whatever the attack, the answer stays.</summary>
    private bool IsAttacked(PlacedRow row) => row.Row.Machine is not null && row.Row.Task == LearningTask.Synthetic && SplitRules.Share(row.Row.Id + "/attacked") < 100 * _options.AttackedShare;

    private static PlacedRow Attacked(PlacedRow row)
    {
        var attack = Attack.All[SplitRules.Share(row.Row.Id + "/attack") % Attack.All.Count];
        string text = attack.Apply(row.Row.Text);
        return row with { Row = row.Row with { Id = $"{row.Row.Id}/{attack.Name}", Text = text, Message = row.Row.Message with { Text = text } } };
    }

    /// <summary>A file that is not in the list of licences is the operator's own.</summary>
    private static bool Allowed(LabelledRow row, LicenceClass loosest) => Licence(row.File) is not { } licence || licence.Class <= loosest;

    /// <summary>At most so many rows a file, evenly by hash; half of them with the rarer answer of the file's first question where there are as many.</summary>
    private IEnumerable<PlacedRow> Sampled(LabelledSet set, RowUse use) => set.For(use).GroupBy(row => row.Row.File, StringComparer.Ordinal).SelectMany(file =>
    {
        var answers = file.GroupBy(row => AnswerOf(row.Row)).Select(group => group.OrderBy(row => LabelledSet.HashOf(row.Row.Text), StringComparer.Ordinal).ToArray())
            .OrderBy(group => group.Length).ToArray();
        // What was collected here is new and little: all of it counts.
        int left = _collected.Contains(file.Key) ? int.MaxValue : _options.RowsPerSource;
        var taken = new List<PlacedRow>();
        for (int i = 0; i < answers.Length; i++)
        {
            int share = left / (answers.Length - i);
            taken.AddRange(answers[i].Take(share));
            left -= Math.Min(share, answers[i].Length);
        }
        return taken;
    });

    private static string AnswerOf(LabelledRow row) => row.Task switch
    {
        LearningTask.Synthetic => row.Machine == true ? "machine" : "human",
        LearningTask.Spam => row.Mail == MailKind.Ham ? "ham" : "unwanted",
        // Rare techniques must not be lost in the sample.
        _ => string.Join(',', (row.Techniques ?? new Dictionary<string, bool>()).Where(one => one.Value).Select(one => one.Key)),
    };

    private IEnumerable<PlacedRow> CorpusRows(LicenceClass licences, CorpusUse use, int each) => _options.Corpus.Count == 0 || each == 0 ? [] :
        CorpusTexts.Sample(_options.Corpus, use, licences, _options.ExcludedDocuments, each);

    private Example[] Read(FeatureStore store, PlacedRow[] rows, string what, CancellationToken cancellation)
    {
        var messages = rows.Select(row => MessageExtraction.Extract(row.Row.Message, new IngestOptions())).ToArray();
        var report = new Reported(done =>
        {
            if (done.Done % ReportEvery == 0 || done.Done == done.Missing) _progress.Report($"Read {done.Done}/{done.Missing} texts that {what}, {done.Tokens} tokens.");
        });
        return [.. store.Of(messages, report, cancellation).Select((features, i) => new Example(rows[i], messages[i].Channel, features)).Where(example => example.Features.Supported)];
    }

    /// <summary>Words and make-up of a message need no model: rows of mail and of techniques beyond the sample teach by them.</summary>
    private Example[] Unread(LabelledSet set, PlacedRow[] taught)
    {
        var known = taught.Select(row => (row.Row.File, row.Row.Id)).ToHashSet();
        var rows = set.For(RowUse.Teaches).Where(row => row.Row.Task != LearningTask.Synthetic && !known.Contains((row.Row.File, row.Row.Id)))
            .GroupBy(row => row.Row.File, StringComparer.Ordinal)
            .SelectMany(file => file.OrderBy(row => LabelledSet.HashOf(row.Row.Text), StringComparer.Ordinal).Take(_options.UnreadRowsPerSource)).ToArray();
        var examples = new Example[rows.Length];
        Parallel.For(0, rows.Length, i =>
        {
            var message = MessageExtraction.Extract(rows[i].Row.Message, new IngestOptions());
            examples[i] = new Example(rows[i], message.Channel, StoredFeatures.Unread(_pipeline, message));
        });
        return [.. examples.Where(example => example.Features.Supported)];
    }

    private List<FittedHead> FitAll(string[] heads, Example[] all, Func<string, Example[]> teachersOf, Example[] calibrating, FeatureSpace space, CancellationToken cancellation)
    {
        var fitting = new HeadFitting(_pipeline.Layout, space);
        var scaled = space.Scale([.. all.Select(example => example.Features)]);
        var fitted = new List<FittedHead>();
        foreach (string head in heads)
        {
            var from = teachersOf(head);
            var taught = RowWeights.Of(head, from, scaled, OwnChannels.Of(head, from));
            var made = HeadNames.IsTechnique(head) ? FitTechnique(taught, all, scaled, calibrating, fitting, space, cancellation) : fitting.Fit(taught, cancellation);
            fitted.Add(made);
            _progress.Report($"{head}: {made.Positives} of {made.Positives + made.Negatives} rows, ridge {made.Strength.Ridge}, words {made.Strength.WordScale}, AUROC on held-out folds {made.Strength.Auroc:F3}.");
        }
        return fitted;
    }

    private static FittedHead FitTechnique(TaughtExamples taught, Example[] teaching, ScaledFeatures[] scaled, Example[] calibrating, HeadFitting fitting, FeatureSpace space, CancellationToken cancellation)
    {
        string head = taught.Layout.Head;
        var elsewhere = fitting.Fit(RowWeights.Of(head, teaching, scaled, OwnChannels.None), HeadFitting.Travelling, cancellation);
        var made = taught.Layout.Own.Count > 0 ? fitting.Fit(taught, cancellation) with { Elsewhere = elsewhere } : elsewhere;
        return made with { Unseen = [.. Unseen(head, teaching, scaled, calibrating, fitting, space, cancellation)] };
    }

    /// <summary>Each source by a head that learned from the others.</summary>
    private static IEnumerable<(float Margin, bool Positive)> Unseen(string head, Example[] teaching, ScaledFeatures[] scaled, Example[] calibrating, HeadFitting fitting, FeatureSpace space, CancellationToken cancellation)
    {
        foreach (var source in calibrating.Where(example => example.Row.Techniques?.ContainsKey(head) == true).GroupBy(example => example.SourceGroup, StringComparer.Ordinal))
        {
            int[] others = [.. Enumerable.Range(0, teaching.Length).Where(i => teaching[i].SourceGroup != source.Key)];
            Example[] learn = [.. others.Select(i => teaching[i])];
            if (!HeadTargets.Teach(learn, head, FewestPositives)) continue;
            var taught = RowWeights.Of(head, learn, [.. others.Select(i => scaled[i])], OwnChannels.None);
            var heads = space.Scaling.With([fitting.Fit(taught, HeadFitting.Travelling, cancellation).Uncalibrated()]);
            foreach (var example in source) yield return (heads.Margins(example.Features.ForHeads)[0], example.Row.Techniques![head]);
        }
    }

    private static HeadSet Calibrate(HeadSet plain, ScoredExample[] scored)
    {
        Head[] heads = [.. plain.Heads.Select((head, at) =>
        {
            bool technique = HeadNames.IsTechnique(head.Name);
            var rows = scored.Where(one => HeadTargets.Of(one.Example.Row, head.Name) is not null)
                // Unknown techniques in ordinary text are no calibration rows.
                .Where(one => one.Example.Row.Techniques is not null || !technique)
                .Select(one => (Margin: one.Margins[at], Unknown: one.Unknown[at], Positive: HeadTargets.Of(one.Example.Row, head.Name) == true, one.Example.Channel)).ToArray();
            Platt Fit(IReadOnlyList<(float Margin, bool Positive)> some)
            {
                double positives = some.Count(row => row.Positive), negatives = some.Count - positives;
                // Authorship and mail: equal odds before reading; techniques: as frequent as where they are annotated.
                bool even = !technique && positives > 0 && negatives > 0;
                return PlattScaling.Fit([.. some.Select(row => (row.Margin, row.Positive, even ? some.Count / 2.0 / (row.Positive ? positives : negatives) : 1.0))]);
            }
            // A head that judges everywhere reads less in channels that did not teach it, and those are the ones without a calibration of their own.
            var judged = head.Elsewhere is null ? rows : [.. rows.Where(row => head.Own.Contains(row.Channel))];
            var channels = head.Name == HeadNames.Synthetic ? [] : judged.GroupBy(row => row.Channel)
                .Where(channel => channel.Count(row => row.Positive) >= FewestOfChannel && channel.Count(row => !row.Positive) >= FewestOfChannel)
                .ToDictionary(channel => channel.Key, channel => Fit([.. channel.Select(row => (row.Margin, row.Positive))]));
            return head with
            {
                Calibration = Fit([.. judged.Select(row => (head.Elsewhere is null ? row.Unknown : row.Margin, row.Positive))]),
                OfChannel = channels,
                Elsewhere = head.Elsewhere is null ? null : head.Elsewhere with { Calibration = Fit([.. rows.Select(row => (row.Unknown, row.Positive))]) },
            };
        })];
        return plain.With(heads);
    }

    private static HumanScores People(HeadSet heads, string head, ScoredExample[] scored)
    {
        int at = heads.Place(head);
        var people = scored.Where(one => HeadTargets.IsOrdinary(one.Example, head))
            .ToLookup(one => CorpusTexts.IsFurther(one.Example.Placed), one => (one.Example.Channel, one.Example.Features.Characters, one.Margins[at]));
        return HumanScores.From(people[false], people[true]);
    }

    private DecisionSettings Decisions(HeadFile file, ScoredExample[] scored, List<FittedHead> fitted)
    {
        ScoreDecision Choose(string name)
        {
            if (!file.People.TryGetValue(name, out var people)) return new ScoreDecision(_options.Budget, Confidence, new Dictionary<string, double>(), null, Missed);
            int at = file.Heads.Place(name);
            var positives = scored.Where(one => HeadTargets.Of(one.Example.Row, name) == true).Select(one => (one.Example.Channel, one.Example.Features.Characters, one.Margins[at])).ToArray();
            return Thresholds.Choose(people, positives, _options.Budget, Confidence, Missed);
        }

        var techniques = new TechniqueThresholds(file.Heads, scored, fitted.ToDictionary(head => head.Name, head => head.Unseen, StringComparer.Ordinal));
        return new DecisionSettings(MinimumTokens, Choose(HeadNames.Synthetic), Choose(HeadNames.Spam), Choose(HeadNames.Phishing), techniques.Everywhere) { TechniquesOf = techniques.OfBucket };
    }

    private List<TrainingSource> Sources(IEnumerable<PlacedRow> rows) =>
        [.. rows.GroupBy(row => (row.Row.File, row.Use)).OrderBy(group => group.Key.File, StringComparer.Ordinal).ThenBy(group => group.Key.Use).Select(group =>
        {
            string sha256 = _collected.Contains(group.Key.File) ? LabelledSet.HashOf(group.Select(row => row.Row.Text)) : _paths.TryGetValue(group.Key.File.Split('/')[1], out string? path) ? BundleFile.Of(path).Sha256 : "";
            var licence = Licence(group.Key.File);
            return new TrainingSource(group.Key.File, group.Key.Use == RowUse.Teaches ? "trains" : "calibrates", group.Count(),
                sha256, licence?.Class.ToString().ToLowerInvariant() ?? "own", licence?.Licence ?? "collected here");
        })];

    private static DataLicence? Licence(string file) =>
        (file.StartsWith("corpus/", StringComparison.Ordinal) ? DataLicences.Current.Corpus : DataLicences.Current.Data)
        .FirstOrDefault(one => one.Source == file || file == "corpus/" + one.Source);

    private sealed class Reported(Action<FeatureProgress> report) : IProgress<FeatureProgress>
    {
        public void Report(FeatureProgress value) => report(value);
    }
}

/// <summary>What a training made.</summary>
/// <param name="Heads">Those that were trained.</param>
public sealed record HeadTrainingReport(BundleManifest Manifest, IReadOnlyDictionary<string, HeadStrength> Heads, int Taught, int Calibrated);
