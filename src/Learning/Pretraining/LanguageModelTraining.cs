using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Detection.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Learning.Pretraining;

/// <summary>Settings of <see cref="LanguageModelTraining"/>; what is stored with the run is its shape and seed.</summary>
public sealed record LanguageModelTrainingOptions
{
    /// <summary>Corpus files, JSON lines of <see cref="CorpusDocument"/>.</summary>
    public required IReadOnlyList<string> Corpus { get; init; }

    /// <summary>Held-out documents for the validation loss; may be missing.</summary>
    public string? Validation { get; init; }

    /// <summary>Where the tokenizer, the tokens, the checkpoint and the log lie; a run that finds its checkpoint goes on from it.</summary>
    public required string Folder { get; init; }

    /// <summary>Of a model from nothing; with <see cref="From"/> that model's counts.</summary>
    public LlamaShape Shape { get; init; } = new();

    /// <summary>A model to go on with (<see cref="ModelCut"/>): its tokenizer and weights are the beginning. Null: from nothing.</summary>
    public string? From { get; init; }

    /// <summary>Blocks from the bottom that stay as they are, and the embeddings with them; 0: all is trained.</summary>
    public int Frozen { get; init; }

    /// <summary>A model whose predictions are learned in place of the tokens that came, over the ids that both have: as a rule the one that <see cref="From"/> was cut from. Null: the tokens.</summary>
    public string? Teacher { get; init; }

    /// <summary>Default unstated: weights that enter git learn from nothing restricted.</summary>
    public LicenceClass Licences { get; init; } = LicenceClass.Unstated;

    public int Seed { get; init; } = 1;

    /// <summary>Total steps of the run, the decay included.</summary>
    public long Steps { get; init; } = 100_000;

    /// <summary>Tokens a step; sequences of 512, every fourth step of the whole context. Default 4,096.</summary>
    public int TokensPerStep { get; init; } = 4096;

    /// <summary>Peak learning rate. Default 2e-3.</summary>
    public double Rate { get; init; } = 2e-3;

    /// <summary>Default 200, or a fifth of a run that is shorter than a thousand.</summary>
    public int? WarmUpSteps { get; init; }

    /// <summary>Steps at the end over which the rate falls linearly to zero (warm-up, stable, decay: Hu et al. 2024, arXiv 2404.06395); 0: none yet.</summary>
    public long DecaySteps { get; init; }

    /// <summary>Between checkpoints. Default 5 minutes.</summary>
    public TimeSpan CheckpointEvery { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Steps a line of the log and of the progress. Default 20.</summary>
    public int LogEvery { get; init; } = 20;

    /// <summary>CPU threads; 0: as many as there are cores.</summary>
    public int Threads { get; init; }

    /// <summary>bfloat16 matrix products; null: whichever type is faster here.</summary>
    public bool? Bfloat16 { get; init; }
}

/// <summary>One line of the log and of the progress display.</summary>
public sealed record TrainingProgress(long Step, long Steps, long Tokens, double Loss, double? ValidationLoss, double Rate, double GradientNorm, double TokensPerSecond);

/// <summary>
/// Pretrains the bundled model: tokenizer, tokens, steps, checkpoints. Killed at any instant it goes on from the last checkpoint,
/// and the losses that follow are those that would have followed: the data position is a function of the step alone.
/// </summary>
public sealed class LanguageModelTraining : IDisposable
{
    private readonly LanguageModelTrainingOptions _options;
    private readonly TimeProvider _time;
    private readonly BpeVocabulary _vocabulary;
    private readonly BpeEncoder _encoder;
    private readonly TokenFile _tokens;
    private readonly TokenFile? _validation;
    private readonly LlamaShape _shape;
    private readonly TrainableLlama _model;
    private readonly AdamW _optimiser;
    private readonly TrainableLlama? _teacher;

    public LanguageModelTraining(LanguageModelTrainingOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        using var from = options.From is { } path ? Checkpoint.Open(path) : null;
        _shape = from is null ? options.Shape : LlamaShape.Of(from) with { Context = options.Shape.Context };
        set_num_threads(options.Threads > 0 ? options.Threads : Environment.ProcessorCount);
        Model.NativeMemory.KeepFreedBlocks();
        Model.OneDnn.Use();
        Directory.CreateDirectory(options.Folder);
        if (options.From is not null && !File.Exists(TokenizerPath)) File.Copy(Path.Combine(options.From, TokenizerName), TokenizerPath);
        _vocabulary = Vocabulary();
        _encoder = new BpeEncoder(_vocabulary);
        _tokens = Tokens(TokensName, CorpusReader.Pretraining(options.Corpus, options.Licences).Select(CorpusReader.AsRead));
        if (options.Validation is { } held) _validation = Tokens("valid.bin", CorpusReader.Read(held).Where(one => DataLicences.Current.Allows(one.Source, options.Licences)).Select(CorpusReader.AsRead));
        _model = new TrainableLlama(_shape, options.Bfloat16 ?? Bfloat16IsFaster() ? ScalarType.BFloat16 : ScalarType.Float32, options.Seed, options.Frozen);
        _optimiser = new AdamW(_model.Trained);
        if (options.Teacher is { } larger) _teacher = Taught(larger);
        if (File.Exists(CheckpointPath)) Resume();
        else if (from is not null) Read(from, _model);
    }

    /// <summary>What is trained.</summary>
    public LlamaShape Shape => _shape;

    /// <summary>Steps done.</summary>
    public long Step { get; private set; }

    /// <summary>Tokens in the training file.</summary>
    public long CorpusTokens => _tokens.Count;

    /// <summary>The log's name in a run's folder: one <see cref="TrainingProgress"/> a line.</summary>
    public const string LogName = "log.jsonl";

    private const string TokenizerName = "tokenizer.json", TokensName = "tokens.bin";

    public string Log => Path.Combine(_options.Folder, LogName);

    private string TokenizerPath => Path.Combine(_options.Folder, TokenizerName);

    private string CheckpointPath => Path.Combine(_options.Folder, "checkpoint.safetensors");

    /// <summary>Trains until <see cref="LanguageModelTrainingOptions.Steps"/> or cancellation; both end with a checkpoint.</summary>
    public void Run(IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        long saved = _time.GetTimestamp(), reported = saved, reportedStep = Step;
        double average = 0;
        using var log = new StreamWriter(Log, append: true) { AutoFlush = true };
        while (Step < _options.Steps && !cancellation.IsCancellationRequested)
        {
            (double loss, double norm) = One(Step);
            Step++;
            average = Step - reportedStep == 1 ? loss : average + (loss - average) / (Step - reportedStep);
            if (Step % _options.LogEvery == 0 || Step == _options.Steps)
            {
                double? held = Step % 500 == 0 || Step == _options.Steps ? ValidationLoss() : null;
                double speed = (Step - reportedStep) * _options.TokensPerStep / _time.GetElapsedTime(reported).TotalSeconds;
                var line = new TrainingProgress(Step, _options.Steps, Step * _options.TokensPerStep, average, held, RateAt(Step), norm, speed);
                log.WriteLine(JsonSerializer.Serialize(line, JsonSerializerOptions.Web));
                progress.Report(line);
                (reported, reportedStep) = (_time.GetTimestamp(), Step);
            }
            if (_time.GetElapsedTime(saved) < _options.CheckpointEvery) continue;
            Save();
            saved = _time.GetTimestamp();
        }
        Save();
    }

    /// <summary>Writes a Hugging Face folder: <c>config.json</c>, <c>model.safetensors</c> in bfloat16, <c>tokenizer.json</c>.</summary>
    public void Export(string folder)
    {
        Directory.CreateDirectory(folder);
        TensorState.Write(Path.Combine(folder, "model.safetensors"), _model.Weights, TensorType.BF16, new Dictionary<string, string> { ["format"] = "pt" });
        File.WriteAllText(Path.Combine(folder, "config.json"), _shape.Config().ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        TokenizerFile.Write(Path.Combine(folder, TokenizerName), _vocabulary);
    }

    /// <summary>Writes one GGUF file: what was trained in Q8_0; what stayed as it was, the embeddings, and the keys, which bear rounding best, in Q4_1.</summary>
    /// <param name="name">Of the model, and its licence, for whoever opens the file.</param>
    public void ExportGguf(string path, string name, string licence)
    {
        var trained = _model.Trained;
        LlamaGguf.Write(path, _shape, _vocabulary, name, licence, weight => MemoryMarshal.Cast<byte, float>(_model.Weights[weight].bytes).ToArray(),
            weight => trained.ContainsKey(weight) && weight != TrainableLlama.Embedding && !weight.EndsWith("k_proj.weight", StringComparison.Ordinal) ? TensorType.Q8_0 : TensorType.Q4_1);
    }

    /// <summary>Nats a token over the held-out tokens (at most 64 sequences of 512).</summary>
    public double? ValidationLoss()
    {
        if (_validation is null) return null;
        using var off = no_grad();
        int length = Math.Min(512, _shape.Context);
        long sequences = Math.Min(64, (_validation.Count - 1) / length);
        double sum = 0;
        for (long i = 0; i < sequences; i++)
        {
            using var scope = NewDisposeScope();
            var (ids, targets) = Batch(_validation, [i * length], length);
            sum += _model.Loss(ids, targets).item<float>();
        }
        return sequences == 0 ? null : sum / sequences;
    }

    /// <summary>Of the text that a run reads, over its first million tokens; ends of documents count as none.</summary>
    internal static double BytesPerToken(string folder)
    {
        // Byte-level: a character of a token is a byte of the text.
        var bytes = TokenizerFile.Read(Path.Combine(folder, TokenizerName)).Ids.ToDictionary(one => one.Value, one => one.Value == 0 ? 0 : one.Key.Length);
        using var tokens = new TokenFile(Path.Combine(folder, TokensName));
        long[] ids = new long[Math.Min(tokens.Count, 1_000_000)];
        tokens.Read(0, ids);
        return ids.Average(id => bytes.GetValueOrDefault((int)id));
    }

    /// <summary>Bits a token of one text, each token given those before it and the end-of-text token before the first; and its token count.</summary>
    public (double Bits, int Tokens) Bits(string text)
    {
        var ids = new List<ushort> { 0 };
        _encoder.Encode(text, ids);
        using var off = no_grad();
        double nats = 0;
        int context = _shape.Context, stride = context / 2;
        for (int start = 0; start + 1 < ids.Count; start += start == 0 ? context : stride)
        {
            // Later windows see half a context before the part that counts.
            int from = start == 0 ? 0 : start - stride, length = Math.Min(context, ids.Count - 1 - from), counted = start - from;
            if (counted >= length) break;
            using var scope = NewDisposeScope();
            var window = tensor(ids.Skip(from).Take(length + 1).Select(id => (long)id).ToArray());
            var losses = _model.Loss(window.narrow(0, 0, length).unsqueeze(0), window.narrow(0, 1, length).unsqueeze(0), reduce: false);
            nats += losses.narrow(0, counted, length - counted).sum().item<float>();
        }
        return (nats / Math.Log(2), ids.Count - 1);
    }

    private (double Loss, double Norm) One(long step)
    {
        using var scope = NewDisposeScope();
        int length = step % 4 == 3 ? _shape.Context : Math.Min(512, _shape.Context);
        int sequences = Math.Max(1, _options.TokensPerStep / length);
        // A stride that shares no factor with the count visits every window before any again.
        long windows = _tokens.Count / length;
        long stride = Coprime(windows, (long)(windows * 0.6180339887));
        long first = step * sequences;
        var starts = Enumerable.Range(0, sequences).Select(i => (long)((UInt128)(first + i) * (ulong)stride % (ulong)windows) * length).ToArray();
        var (ids, targets) = Batch(_tokens, starts, length);
        double loss = _model.Backward(ids, targets, _teacher);
        return (loss, _optimiser.Step(step + 1, RateAt(step), 0.1));
    }

    private double RateAt(long step)
    {
        double warm = Math.Min(1, (step + 1) / (double)(_options.WarmUpSteps ?? Math.Min(200, _options.Steps / 5)));
        double decay = _options.DecaySteps == 0 ? 1 : Math.Clamp((_options.Steps - step) / (double)_options.DecaySteps, 0, 1);
        return _options.Rate * warm * decay;
    }

    private static (Tensor Ids, Tensor Targets) Batch(TokenFile tokens, long[] starts, int length)
    {
        long[] ids = new long[starts.Length * length], targets = new long[starts.Length * length], row = new long[length + 1];
        for (int i = 0; i < starts.Length; i++)
        {
            tokens.Read(starts[i], row);
            row.AsSpan(0, length).CopyTo(ids.AsSpan(i * length));
            row.AsSpan(1, length).CopyTo(targets.AsSpan(i * length));
        }
        return (tensor(ids, [starts.Length, length]), tensor(targets, [starts.Length, length]));
    }

    private static long Coprime(long count, long near)
    {
        long stride = Math.Max(1, near);
        while (Gcd(stride, count) != 1) stride++;
        return stride;

        static long Gcd(long a, long b) => b == 0 ? a : Gcd(b, a % b);
    }

    private BpeVocabulary Vocabulary()
    {
        if (File.Exists(TokenizerPath)) return TokenizerFile.Read(TokenizerPath);
        // One document in four is enough to count pairs by.
        var sample = CorpusReader.Pretraining(_options.Corpus, _options.Licences).Where((_, i) => i % 4 == 0).Select(CorpusReader.AsRead);
        var vocabulary = ByteLevelBpeTrainer.Train(sample, _shape.Vocabulary);
        TokenizerFile.Write(TokenizerPath, vocabulary);
        return vocabulary;
    }

    private TokenFile Tokens(string name, IEnumerable<string> texts)
    {
        string file = Path.Combine(_options.Folder, name);
        if (!File.Exists(file)) TokenFile.Write(file, texts, _encoder);
        return new TokenFile(file);
    }

    private void Save() =>
        TensorState.Write(CheckpointPath, State(), TensorType.F32, new Dictionary<string, string> { ["step"] = Step.ToString(CultureInfo.InvariantCulture) });

    private void Resume()
    {
        // What a kill in the middle of a save has left.
        foreach (string half in Directory.GetFiles(_options.Folder, Path.GetFileName(CheckpointPath) + ".*.tmp")) File.Delete(half);
        Step = long.Parse(TensorState.ReadInto(CheckpointPath, State())["step"], CultureInfo.InvariantCulture);
        _model.Renew();
    }

    private static void Read(Checkpoint from, TrainableLlama into)
    {
        using var off = no_grad();
        foreach (var (name, weight) in into.Weights) from.Read(name, MemoryMarshal.Cast<byte, float>(weight.bytes));
        into.Renew();
    }

    /// <exception cref="CheckpointException">The teacher means something else by an id of the vocabulary that is trained.</exception>
    private TrainableLlama Taught(string path)
    {
        using var larger = Checkpoint.Open(path);
        var shape = LlamaShape.Of(larger) with { Context = _shape.Context };
        var ids = TokenizerFile.Read(larger.Tokenizer ?? throw new CheckpointException(path, "tokenizer", "not byte-level BPE")).Ids;
        foreach (var (token, id) in _vocabulary.Ids)
            if (!ids.TryGetValue(token, out int there) || there != id) throw new CheckpointException(path, "vocabulary", $"id {id} is not the token that it is in the model that is trained");
        var teacher = new TrainableLlama(shape, _model.Dtype, _options.Seed, frozen: shape.Layers);
        Read(larger, teacher);
        return teacher;
    }

    private Dictionary<string, Tensor> State() => _model.Weights
        .Concat(_optimiser.First.Select(one => KeyValuePair.Create("first." + one.Key, one.Value)))
        .Concat(_optimiser.Second.Select(one => KeyValuePair.Create("second." + one.Key, one.Value)))
        .ToDictionary(one => one.Key, one => one.Value);

    /// <summary>Emulated bfloat16 is many times slower than float32, so the machine is asked: the best of several short products, since other work disturbs.</summary>
    private static bool Bfloat16IsFaster()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        TimeSpan Best(ScalarType type)
        {
            var a = ones([1024, 512], type);
            var b = ones([512, 1024], type);
            return Enumerable.Range(0, 8).Min(_ =>
            {
                long start = Stopwatch.GetTimestamp();
                a.mm(b).Dispose();
                return Stopwatch.GetElapsedTime(start);
            });
        }
        return Best(ScalarType.BFloat16) < Best(ScalarType.Float32);
    }

    public void Dispose()
    {
        _optimiser.Dispose();
        _teacher?.Dispose();
        _model.Dispose();
        _tokens.Dispose();
        _validation?.Dispose();
    }
}
