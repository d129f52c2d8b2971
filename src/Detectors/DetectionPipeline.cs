using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text;
using Detection.Checkpoints;
using Detection.Contracts;
using Detection.Detectors.Bundles;
using Detection.Detectors.Criteria;
using Detection.Detectors.Explaining;
using Detection.Detectors.Heads;
using Detection.Detectors.Passages;
using Detection.Detectors.Spans;
using Detection.Model;
using Detection.Text;

namespace Detection.Detectors;

/// <summary>
/// Messages to verdicts, one function: judged text, tokens, one forward pass, criteria, heads, calibration, decision, evidence, action. Training reads through the same
/// <see cref="Read"/>, so that features cannot drift apart. The same message under the same configuration gets the same bits, alone or in any batch.
/// </summary>
public sealed class DetectionPipeline : IDisposable
{
    private const int DefaultMaxTokens = 1_024;

    /// <summary>A text with fewer tokens has no passages beside the whole.</summary>
    public const int FewestTokensWithPassages = TextWindows.FewestTokens;

    private readonly PipelineOptions _options;
    private readonly Checkpoint _checkpoint;
    private readonly Tokenizer _tokenizer;
    private readonly ObserverModel? _observer;
    private readonly Judge? _judge;
    private readonly EvidenceWriter _evidence;
    private readonly PassageHead? _passages;
    private static readonly LanguageIdentifier Languages = new();
    private readonly int? _bos;
    private readonly string _baseSha256;

    private DetectionPipeline(ModelSource source, PipelineOptions options, Checkpoint checkpoint, Tokenizer tokenizer, TokenScorer scorer, ObserverModel? observer, DetectionPipeline? second)
    {
        (Source, _options, _checkpoint, _tokenizer, Scorer, _observer, Second, _baseSha256) = (source, options, checkpoint, tokenizer, scorer, observer, second, BaseSha256(source, checkpoint));
        var bundled = source.Bundle?.Manifest.Features;
        Layout = bundled is not null ? new FeatureLayout(bundled.Layers, bundled.Width) : options.Layers is { } layers ? new FeatureLayout(Checked(layers, scorer.Layers), scorer.Width) : FeatureLayout.For(scorer.Layers, scorer.Width);
        bool first = options.FirstPredicted ?? bundled?.FirstPredicted ?? false;
        _bos = first ? tokenizer.BosId ?? throw new BundleException(source.Path, "has no BOS token, but texts are to be scored after one.") : null;
        MaxTokens = Math.Min(options.MaxTokens ?? bundled?.MaxTokens ?? DefaultMaxTokens, scorer.MaxTokens - (first ? 1 : 0));
        if (observer?.Pair.MaxTokens < MaxTokens + (first ? 1 : 0))
            throw new BundleException(options.Observer!.Path, $"reads at most {observer.Pair.MaxTokens} tokens, fewer than the {MaxTokens} of a message that {source.Name} reads.");
        var heads = Usable();
        _judge = heads is null ? null : new Judge(heads, source.Bundle!.Decisions);
        _evidence = new EvidenceWriter(heads?.Heads);
        _passages = heads is not null && source.Bundle!.Decisions.Passage is not null ? PassageHead.Of(heads.Heads, Layout) : null;
        Spans = heads?.Spans;
        WithHalves = new PoolingPlan(Layout.Layers, [Pooling.Mean, Pooling.Last, Pooling.FirstHalfMean, Pooling.FirstHalfLast]) { Projections = [.. _passages?.Projections ?? [], .. Spans?.Projections ?? []] };
        Identity = source.Bundle?.Identity ?? new BundleIdentity(source.Name, "", _baseSha256);
        List<string> config = [FeatureKey, options.MaxTokens?.ToString(CultureInfo.InvariantCulture) ?? ""];
        if (observer is not null) config.Add(observer.Key);
        // Which of two models answers depends on the heads of the first as well.
        if (second is not null) config.AddRange(["second", Identity.Sha256, second.Identity.Sha256, second.Config]);
        Config = Hash([.. config]);
    }

    public ModelSource Source { get; }

    /// <summary>Judges what this one is not sure of (<see cref="Judgement.IsUnsure"/>), and its verdict stands; null: nothing is handed on.</summary>
    public DetectionPipeline? Second { get; }

    public FeatureLayout Layout { get; }

    /// <summary>Tokens of a message that are read.</summary>
    public int MaxTokens { get; }

    public string Dtype => Scorer.Options.Dtype;

    /// <summary>The folder or file of the language model.</summary>
    public string BasePath => Source.Path;

    /// <summary>Named in every verdict; of a plain model, its file name and hash.</summary>
    public BundleIdentity Identity { get; }

    /// <summary>Hash of what can move a number besides bundle and rule: type, kernels, device kind, observer, and of a cascade both bundles.</summary>
    public string Config { get; }

    /// <summary>Languages that the bundle was made for; of a plain model English, the language of the criteria's literature.</summary>
    private IReadOnlyList<string> Spoken => Source.Bundle?.Manifest.Languages ?? ["en"];

    /// <summary>The features, those of the first half, and one number a token for passages, then for the places of techniques.</summary>
    private PoolingPlan WithHalves { get; }

    /// <summary>What judging pools: without heads nothing is asked of the first half.</summary>
    internal PoolingPlan JudgingPlan => _judge is null ? Layout.Plan : WithHalves;

    internal TokenScorer Scorer { get; }

    /// <summary>True where scores come out; false: criteria only.</summary>
    public bool HasHeads => _judge is not null;

    /// <summary>True where machine-written passages in a text by a person are found and pointed at.</summary>
    public bool FindsPassages => _passages is not null;

    public FeatureSettings Settings => new(FeatureLayout.Version, Layout.Layers, Layout.Width, MaxTokens, _bos is not null);

    /// <summary>Names the observer by its weights and kernels; null where no second model reads along.</summary>
    public string? ObserverKey => _observer?.Key;

    /// <summary>Two pipelines with one key give a text the same features.</summary>
    public string FeatureKey => string.Create(CultureInfo.InvariantCulture,
        $"{_baseSha256}|{Scorer.Kernels}|{FeatureLayout.PassVersion}|{string.Join(',', Layout.Layers)}|{MaxTokens}|{_bos}");

    /// <exception cref="BundleException">
    /// Heads do not fit the model, the observer has another vocabulary or a shorter context, the model has no tokenizer that this program reads, or one of a cascade's two has no heads.
    /// </exception>
    /// <exception cref="CheckpointException">The model cannot be read.</exception>
    public static DetectionPipeline Open(ModelSource source, PipelineOptions options)
    {
        if (options.Second is { } larger) CheckCascade(source, larger, options.Dtype);
        var checkpoint = Checkpoint.Open(source.Path);
        TokenScorer? scorer = null;
        ObserverModel? observer = null;
        DetectionPipeline? second = null;
        try
        {
            var tokens = checkpoint.Tokenizer ?? throw new BundleException(source.Path, "has no tokenizer that this program reads (byte-level BPE).");
            scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Dtype = options.Dtype, Device = options.Device, Threads = options.Threads });
            var tokenizer = new Tokenizer(tokens, checkpoint.Config);
            observer = options.Observer is { } along ? ObserverModel.Open(along, scorer, tokenizer) : null;
            second = options.Second is { } after ? Open(after, options with { Second = null, Observer = null }) : null;
            return new DetectionPipeline(source, options, checkpoint, tokenizer, scorer, observer, second);
        }
        catch
        {
            second?.Dispose();
            observer?.Dispose();
            scorer?.Dispose();
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>One verdict a message, in order, with the message and its token scores.</summary>
    /// <param name="messages">Extracted: id, text and channel are set.</param>
    public IReadOnlyList<JudgedMessage> Judge(IReadOnlyList<Message> messages, CancellationToken cancellation = default)
    {
        var readings = Read(messages, JudgingPlan, cancellation);
        return Judge(messages, readings, Decide(readings, cancellation), cancellation);
    }

    private JudgedMessage[] Judge(IReadOnlyList<Message> messages, Reading[] readings, Judgement[] judgements, CancellationToken cancellation)
    {
        if (Second is null) return Conclude(readings, judgements, cancellation);
        int[] unsure = [.. Enumerable.Range(0, messages.Count).Where(i => judgements[i].IsUnsure)];
        var handedOn = unsure.Zip(Second.Judge([.. unsure.Select(i => messages[i])], cancellation)).ToDictionary();
        return Each(messages.Count, i => handedOn.TryGetValue(i, out var judged) ? Conclude(judged, judgements[i]) : Conclude(readings[i], judgements[i]), cancellation);
    }

    /// <summary>As <see cref="Judge(IReadOnlyList{Message}, CancellationToken)"/>, with a second pass over each text as it was sent: what normalisation took away, and what that did to the scores of the first model.</summary>
    public IReadOnlyList<ExplainedMessage> Explain(IReadOnlyList<Message> messages, CancellationToken cancellation = default)
    {
        var readings = Read(messages, JudgingPlan, cancellation);
        var judgements = Decide(readings, cancellation);
        var judged = Judge(messages, readings, judgements, cancellation);
        return [.. ReadAsSent(messages, cancellation).Select((sent, i) => new ExplainedMessage(judged[i], sent.Removed, Scores(readings[i].Tokens, ZeroShot.Measure(readings[i].Predicted), judgements[i].Margins), sent.Scores))];
    }

    /// <summary>What the model sees of each message.</summary>
    public IReadOnlyList<Reading> Read(IReadOnlyList<Message> messages, CancellationToken cancellation = default) => Read(messages, Layout.Plan, cancellation);

    /// <summary>The passages of each message as the authorship head among <paramref name="heads"/> sees them; none where there is no such head or a text is too short to have several.</summary>
    public IReadOnlyList<IReadOnlyList<Passage>> ReadPassages(IReadOnlyList<Message> messages, HeadSet heads, CancellationToken cancellation = default)
    {
        if (PassageHead.Of(heads, Layout) is not { } head) return [.. messages.Select(_ => Array.Empty<Passage>())];
        var prepared = Prepare(messages, cancellation);
        var scores = Scorer.Score(Ids(prepared), PoolingPlan.None with { Projections = head.Projections }, cancellation);
        return [.. prepared.Zip(scores, (one, score) => head.Read(one.Text, one.Tokens, one.Read, score))];
    }

    /// <summary>One number a token for each direction, and nothing else of the pass.</summary>
    public IReadOnlyList<ProjectedText> Project(IReadOnlyList<Message> messages, IReadOnlyList<Projection> directions, CancellationToken cancellation = default)
    {
        var prepared = Prepare(messages, cancellation);
        var scores = Scorer.Score(Ids(prepared), PoolingPlan.None with { Projections = directions }, cancellation);
        return [.. prepared.Zip(scores, (one, score) => Projected(one, score.Projected))];
    }

    private ProjectedText Projected(Prepared one, ReadOnlySpan<float> values)
    {
        if (_bos is null) return new ProjectedText(one.Text, one.Tokens, one.Read, values.ToArray());
        float[] read = new float[values.Length / one.Ids.Length * one.Read];
        for (int at = 0; at < read.Length / Math.Max(1, one.Read); at++) values.Slice(at * one.Ids.Length + 1, one.Read).CopyTo(read.AsSpan(at * one.Read));
        return new ProjectedText(one.Text, one.Tokens, one.Read, read);
    }

    /// <summary>The heads that point at the places of techniques; null where there are none.</summary>
    public SpanHeads? Spans { get; }

    /// <summary>The sentences of a stored text that a head's words speak for most: where no head points at places.</summary>
    public IReadOnlyList<EvidenceSpan> Sentences(string head, Channel channel, string text) => _evidence.Sentences(head, channel, text);

    private Reading[] Read(IReadOnlyList<Message> messages, PoolingPlan plan, CancellationToken cancellation)
    {
        var prepared = Prepare(messages, cancellation);
        var ids = Ids(prepared);
        if (_observer is null) return Read(prepared, plan, Scorer.Score(ids, plan, cancellation), cancellation);
        var pairs = _observer.Pair.Score(ids, plan, cancellation);
        return Each(prepared.Length, i => Reading(prepared[i], plan, pairs[i].Performer, new SecondModel(pairs[i].CrossEntropy, pairs[i].LogProb, pairs[i].Variance)), cancellation);
    }

    // The stages of judging beside the pass.
    internal Prepared[] Prepare(IReadOnlyList<Message> messages, CancellationToken cancellation) => Each(messages.Count, i => Prepare(messages[i]), cancellation);

    internal Reading[] Read(Prepared[] prepared, PoolingPlan plan, IReadOnlyList<TokenScores> scores, CancellationToken cancellation) =>
        Each(prepared.Length, i => Reading(prepared[i], plan, scores[i], null), cancellation);

    internal Judgement[] Decide(Reading[] readings, CancellationToken cancellation) => Each(readings.Length, i => Decide(readings[i]), cancellation);

    internal JudgedMessage[] Conclude(Reading[] readings, Judgement[] judgements, CancellationToken cancellation) => Each(readings.Length, i => Conclude(readings[i], judgements[i]), cancellation);

    /// <summary>Messages know nothing of each other: what is done for each beside the pass is done on as many threads as the pass has.</summary>
    private T[] Each<T>(int count, Func<int, T> make, CancellationToken cancellation)
    {
        var made = new T[count];
        var threads = new ParallelOptions { MaxDegreeOfParallelism = _options.Threads > 0 ? _options.Threads : Environment.ProcessorCount, CancellationToken = cancellation };
        try { Parallel.For(0, count, threads, i => made[i] = make(i)); }
        catch (AggregateException failures) { ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]); }
        return made;
    }

    private static ReadOnlyMemory<int>[] Ids(IEnumerable<Prepared> prepared) => [.. prepared.Select(one => (ReadOnlyMemory<int>)one.Ids)];

    /// <summary>What heads decide on a reading; silent without heads.</summary>
    public Judgement Decide(TextToJudge text) => _judge?.Decide(text) ?? Judgement.Silent(text.Supported);

    public void Dispose()
    {
        Second?.Dispose();
        _observer?.Dispose();
        Scorer.Dispose();
        _checkpoint.Dispose();
    }

    private IEnumerable<(IReadOnlyList<NormalisationChange> Removed, PassScores Scores)> ReadAsSent(IReadOnlyList<Message> messages, CancellationToken cancellation)
    {
        var texts = messages.Select(message => JudgedText.From(message.Text ?? "").Normalised).ToArray();
        Prepared[] prepared = [.. messages.Zip(texts, (message, text) => Prepare(message, text, _tokenizer.Encode(text.Read)))];
        return prepared.Zip(Scorer.Score(Ids(prepared), Layout.Plan, cancellation), (one, scores) =>
        {
            var predicted = new PredictedTokens(scores.LogProb, scores.Rank, scores.Entropy, scores.Variance);
            var margins = _judge?.Margins(Features(Pooled(Layout.Plan, scores, from: 0), predicted, one.Message, one.Text.Read, [])) ?? new Dictionary<string, float>();
            return (one.Text.Changes, Scores(one.Read, ZeroShot.Measure(predicted), margins));
        });
    }

    private static PassScores Scores(int tokens, IReadOnlyDictionary<string, double?> criteria, IReadOnlyDictionary<string, float> margins) =>
        new(tokens, criteria["mean_loglik"], criteria["fast_detectgpt"], margins.TryGetValue(HeadNames.Synthetic, out float margin) ? margin : null);

    private Judgement Decide(Reading reading) => Decide(new TextToJudge(reading.Message.Channel, reading.Normalised.Length, reading.Tokens, reading.Supported, reading.Features) { Passages = reading.Passages });

    private JudgedMessage Conclude(Reading reading, Judgement judgement)
    {
        var message = reading.Message;
        var firstHalf = judgement.Authorship is Authorship.Machine or Authorship.Human && reading.FirstHalf is { } half ? Decide(half()) : null;
        string content = VerdictIdentity.ContentSha256(message);
        var now = _options.Time.GetUtcNow();
        var judged = new JudgedMessage
        {
            Message = message,
            MessageId = message.Id!,
            VerdictId = VerdictIdentity.VerdictId(message.Id!, content, Identity.Sha256, _options.Rule.Sha256),
            ContentSha256 = content,
            Channel = message.Channel,
            Scores = judgement.Scores,
            Authorship = judgement.Authorship,
            Manipulation = judgement.Manipulation,
            Criteria = ZeroShot.Measure(reading.Predicted),
            Decided = judgement.Decided,
            Evidence = _evidence.Write(reading, judgement, firstHalf),
            FalsePositiveRate = judgement.FalsePositiveRate,
            Tokens = reading.Tokens,
            Truncated = reading.Truncated,
            TokenScores = reading.Map,
            Bundle = Identity,
            Config = Config,
            ProcessedAt = now,
            AcceptedAt = now,
        };
        var (action, reason) = _options.Rule.Decide(judged);
        return judged with { Action = action, Evidence = reason is null ? judged.Evidence : [new Evidence("rule", 1, 0, reason, []), .. judged.Evidence] };
    }

    /// <summary>The second model's verdict as a cascade gives it out: under the configuration of both, with the reason why it was asked.</summary>
    private JudgedMessage Conclude(JudgedMessage judged, Judgement first) => judged with
    {
        Config = Config,
        Evidence = [.. judged.Evidence, new Evidence("second-model", first.Scores.Synthetic ?? 0, 0, $"{Source.Name} was not sure, so {judged.Bundle.Name} judged it.", [])],
    };

    private Prepared Prepare(Message message)
    {
        var text = JudgedText.From(message.Text ?? "").Normalised;
        return Prepare(message, text, _tokenizer.Encode(text.Text));
    }

    private Prepared Prepare(Message message, NormalisedText text, Tokens tokens)
    {
        int read = Math.Min(tokens.Count, MaxTokens);
        int[] ids = _bos is { } bos ? [bos, .. tokens.Ids.AsSpan(0, read)] : tokens.Ids[..read];
        return new Prepared(message, text, tokens, read, ids);
    }

    private Reading Reading(Prepared one, PoolingPlan plan, TokenScores scores, SecondModel? second)
    {
        var predicted = new PredictedTokens(scores.LogProb, scores.Rank, scores.Entropy, scores.Variance) { Second = second };
        var structure = StructuralEvidence.Of(one.Message, one.Text);
        bool supported = Supports(one.Text.Text);
        int ofPassages = plan == WithHalves ? (_passages?.Projections.Count ?? 0) * one.Ids.Length : 0;
        return new Reading
        {
            Message = one.Message,
            Normalised = one.Text.Text,
            Tokens = one.Read,
            Truncated = one.Read < one.Tokens.Count,
            Supported = supported,
            Predicted = predicted,
            Features = Features(Pooled(plan, scores, from: 0), predicted, one.Message, one.Text.Text, structure),
            Passages = ofPassages > 0 ? _passages!.Read(one.Text, one.Tokens, one.Read, scores with { Projected = scores.Projected[..ofPassages] }) : [],
            PointAt = plan == WithHalves && Spans is { } heads ? technique => heads.Of(technique, Projected(one, scores.Projected.AsSpan(ofPassages))) : null,
            FirstHalf = plan == Layout.Plan ? null : () => FirstHalf(one, plan, scores, supported, structure),
            Map = Map(one, scores),
            Structure = structure,
            MeasureSignals = () => NormalisationSignals.Of(one.Text, text => _tokenizer.Encode(text).Count),
        };
    }

    /// <summary>
    /// No token sees a later one, so what a pass says of the first tokens is what it would say if the text ended there: hidden states, criteria, surface and words of the half alone.
    /// Whether the language is supported and how the message is made are taken from the whole.
    /// </summary>
    private TextToJudge FirstHalf(Prepared one, PoolingPlan plan, TokenScores scores, bool supported, IReadOnlyList<Evidence> structure)
    {
        int read = PoolingPlan.FirstHalf(one.Ids.Length), scored = Math.Max(0, read - 1), tokens = read - (one.Ids.Length - one.Read);
        var predicted = new PredictedTokens(scores.LogProb[..scored], scores.Rank[..scored], scores.Entropy[..scored], scores.Variance[..scored]);
        string text = tokens > 0 ? one.Text.Text[..one.Tokens.Ends[tokens - 1]] : "";
        return new TextToJudge(one.Message.Channel, text.Length, tokens, supported, Features(Pooled(plan, scores, from: 2), predicted, one.Message, text, structure));
    }

    private TextFeatures Features(float[] pooled, PredictedTokens predicted, Message message, string text, IEnumerable<Evidence> structure) =>
        Beside(message, text, structure) with { Dense = Layout.Assemble(pooled, predicted, SurfaceFeatures.Of(text)) };

    /// <summary>Two neighbouring poolings of a plan, mean and last, as <see cref="FeatureLayout.Plan"/> lays them out.</summary>
    private float[] Pooled(PoolingPlan plan, TokenScores scores, int from)
    {
        float[] pooled = new float[Layout.Plan.Length(Layout.Width)];
        for (int layer = 0; layer < Layout.Layers.Count; layer++)
            scores.Pooled.AsSpan(plan.Offset(layer, from, Layout.Width), 2 * Layout.Width).CopyTo(pooled.AsSpan(Layout.Plan.Offset(layer, 0, Layout.Width)));
        return pooled;
    }

    /// <summary>The judged text as the model reads it.</summary>
    public static string TextOf(Message message) => JudgedText.From(message.Text ?? "").Text;

    /// <summary>What heads read of a message that needs no model: all but the dense features.</summary>
    public static TextFeatures Beside(Message message)
    {
        var text = JudgedText.From(message.Text ?? "").Normalised;
        return Beside(message, text.Text, StructuralEvidence.Of(message, text));
    }

    private static TextFeatures Beside(Message message, string text, IEnumerable<Evidence> structure) =>
        new([], WordVector.Of(message.Subject, text)) { Grams = CharacterGrams.Of(message.Subject, text), Structure = StructuralFeatures.Of(structure), Channel = message.Channel };

    /// <summary>The text is in a language that the model was made for, as far as can be told.</summary>
    public bool Supports(string text) => Languages.Identify(text) is not { } language || Spoken.Contains(language.Code);

    private TokenScoreMap Map(Prepared one, TokenScores scores)
    {
        int n = one.Read, unscored = n - scores.LogProb.Length;
        var map = new TokenScoreMap(new int[n], new int[n], new float[n], new int[n], new float[n]);
        for (int i = 0; i < n; i++)
        {
            (map.Start[i], map.End[i]) = one.Text.ToOriginal(one.Tokens.Starts[i], one.Tokens.Ends[i]);
            (map.LogProb[i], map.Rank[i], map.Entropy[i]) = i < unscored ? (float.NaN, -1, float.NaN) : (scores.LogProb[i - unscored], scores.Rank[i - unscored], scores.Entropy[i - unscored]);
        }
        return map;
    }

    private static IReadOnlyList<int> Checked(IReadOnlyList<int> layers, int most) =>
        layers.Count > 0 && layers.SequenceEqual(layers.Distinct().Order()) && layers.All(layer => layer >= 0 && layer <= most)
            ? layers
            : throw new ArgumentException($"Layers {string.Join(", ", layers)}: ascending ones from 0 to {most}.", nameof(layers));

    private static void CheckCascade(ModelSource first, ModelSource second, string dtype)
    {
        foreach (var model in new[] { first, second })
            if (model.Bundle?.Manifest.Dtypes.Contains(dtype) != true) throw new BundleException(model.Bundle?.Folder ?? model.Path, $"has no heads for {dtype}; both models of a cascade need them.");
        if (first.Bundle!.Sha256 == second.Bundle!.Sha256) throw new BundleException(second.Bundle.Folder, "is the first model too; a second one has to be another bundle.");
    }

    private HeadFile? Usable()
    {
        if (Source.Bundle is not { } bundle)
        {
            _options.Warn?.Invoke($"{Source.Name} has no heads: verdicts carry criteria only.");
            return null;
        }
        if (bundle.Manifest.Features.Width != Scorer.Width || bundle.Manifest.Features.Layers.Any(layer => layer > Scorer.Layers) || bundle.Heads.Heads.Mean.Length != Layout.Length)
            throw new BundleException(System.IO.Path.Combine(bundle.Folder, BundleManifest.FileName), "the heads do not fit the base model.");
        if (bundle.Heads.Spans is { } spans && (spans.Layer > Scorer.Layers || spans.Projections[0].Direction.Length != Scorer.Width))
            throw new BundleException(System.IO.Path.Combine(bundle.Folder, BundleManifest.FileName), "the heads that point at places do not fit the base model.");
        if (bundle.Manifest.Dtypes.Contains(Dtype)) return bundle.Heads;
        _options.Warn?.Invoke($"{Source.Name} has no heads for {Dtype} (it has them for {string.Join(", ", bundle.Manifest.Dtypes)}): verdicts carry criteria only.");
        return null;
    }

    /// <summary>The hashes of a bundle's files were compared when it was opened; they are not computed twice.</summary>
    private static string BaseSha256(ModelSource source, Checkpoint checkpoint) =>
        Hash([.. checkpoint.Files.Select(file => source.Bundle?.Manifest.Base.Files.FirstOrDefault(known => known.Name == file.Name)?.Sha256 ?? file.Sha256())]);

    private static string Hash(params string[] parts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))));

    /// <summary>A message as its tokens are scored.</summary>
    internal sealed record Prepared(Message Message, NormalisedText Text, Tokens Tokens, int Read, int[] Ids);
}
