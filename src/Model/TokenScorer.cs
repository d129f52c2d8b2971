using System.Numerics;
using System.Runtime.InteropServices;
using Detection.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>
/// Scores token sequences with one language model: one forward pass gives every statistic and the pooled hidden states. The same
/// sequence gets the same bits alone, in any batch, in any order and with any number of threads, on one machine. Safe to be used by
/// several callers at once.
/// </summary>
public sealed class TokenScorer : IDisposable
{
    private const int DefaultMaxTokens = 8_192;
    private readonly LanguageModel _model;
    private readonly PackLadder _ladder;
    private readonly VocabularyHead _head;
    private readonly Lanes _lanes;

    private TokenScorer(LanguageModel model, PackLadder ladder, Lanes lanes, TokenScorerOptions options, int maxTokens, bool fused)
    {
        (_model, _ladder, _lanes, Options, MaxTokens) = (model, ladder, lanes, options, maxTokens);
        _head = new VocabularyHead(model.Head, ladder, fused);
    }

    /// <summary>Longest sequence taken, in tokens; the caller windows what is longer.</summary>
    public int MaxTokens { get; }

    /// <summary>Number of blocks L: a <see cref="PoolingPlan"/> may name layers 0 … L.</summary>
    public int Layers => _model.Shape.Layers;

    /// <summary>Size of a hidden state.</summary>
    public int Width => _model.Shape.Width;

    public int Vocabulary => _model.Shape.Vocabulary;

    /// <summary>The options as given to <see cref="Load"/>.</summary>
    public TokenScorerOptions Options { get; }

    /// <summary>
    /// What can move the last bits of a score besides the weights: type, device kind, matrix library, vector width. Part of a
    /// verdict's <c>config</c>.
    /// </summary>
    public string Kernels => $"{Options.Dtype}/{_model.Device.type}/{(OneDnn.Use() ? "onednn" : "default")}/{CpuFeatures.Describe()}/{(_ladder.Mixes ? "packed" : "alone")}"
        .ToLowerInvariant();

    internal LanguageModel Model => _model;

    internal PackLadder Ladder => _ladder;

    internal Lanes Lanes => _lanes;

    /// <exception cref="CheckpointException">The family is not supported, or the weights do not fit the config.</exception>
    /// <exception cref="ArgumentException">An option has an unknown value.</exception>
    public static TokenScorer Load(Checkpoint checkpoint, TokenScorerOptions options) => Load(checkpoint, options, fused: null);

    internal static TokenScorer Load(Checkpoint checkpoint, TokenScorerOptions options, bool? fused)
    {
        ScalarType type = options.Dtype switch
        {
            "float32" => ScalarType.Float32,
            "bfloat16" => ScalarType.BFloat16,
            _ => throw new ArgumentException($"Unknown dtype {options.Dtype}: float32 or bfloat16.", nameof(options)),
        };
        Device device = ParseDevice(options.Device);
        NativeMemory.KeepFreedBlocks();
        OneDnn.Use();
        int context = Architecture.Read(checkpoint).Context;
        int maxTokens = Math.Min(context, options.MaxTokens ?? DefaultMaxTokens);
        if (maxTokens < 1) throw new ArgumentException($"MaxTokens is {options.MaxTokens}; it must be at least 1.", nameof(options));
        if (options.Threads < 0) throw new ArgumentException($"Threads is {options.Threads}; it must not be negative.", nameof(options));
        bool onCpu = device.type == DeviceType.CPU;
        LanguageModel model = LanguageModel.Load(checkpoint, type, device, maxTokens);
        Lanes lanes = new(!onCpu ? 1 : options.Threads > 0 ? options.Threads : Environment.ProcessorCount);
        PackLadder? ladder = null;
        lanes.Run([() => ladder = PackLadder.Prove(model)]);
        return new TokenScorer(model, ladder!, lanes, options, maxTokens, fused ?? onCpu);
    }

    /// <summary>Scores of each sequence, in the order given.</summary>
    /// <exception cref="ArgumentException">A sequence is longer than <see cref="MaxTokens"/>, a token is outside the vocabulary, or the plan names a layer that is not there.</exception>
    public IReadOnlyList<TokenScores> Score(IReadOnlyList<ReadOnlyMemory<int>> sequences, PoolingPlan plan, CancellationToken cancel = default)
    {
        Check(sequences, plan);
        TokenScores[] scores = Empty(sequences, plan);
        _lanes.Run([.. Packing.Plan(sequences, _ladder, _lanes.Count).Select(pack => (Action)(() => ScorePack(pack, plan, scores, cancel)))]);
        return scores;
    }

    public void Dispose()
    {
        _lanes.Dispose();
        _model.Dispose();
    }

    private static Device ParseDevice(string name)
    {
        if (name == "cpu") return torch.CPU;
        if (name == "cuda") return new Device(DeviceType.CUDA, 0);
        return name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), out int index) && index is >= 0 and < 64
            ? new Device(DeviceType.CUDA, index)
            : throw new ArgumentException($"Unknown device {name}: cpu, cuda or cuda:N.", nameof(name));
    }

    internal void Check(IReadOnlyList<ReadOnlyMemory<int>> sequences, PoolingPlan plan)
    {
        if (plan.Layers.Concat(plan.Projections.Select(projection => projection.Layer)).Any(layer => layer < 0 || layer > Layers))
            throw new ArgumentException($"The plan names a layer outside 0..{Layers}.", nameof(plan));
        if (plan.Projections.FirstOrDefault(projection => projection.Direction.Length != Width) is { } other)
            throw new ArgumentException($"The plan projects on {other.Direction.Length} values; a hidden state has {Width}.", nameof(plan));
        for (int i = 0; i < sequences.Count; i++)
        {
            if (sequences[i].Length > MaxTokens) throw new ArgumentException($"Sequence {i} has {sequences[i].Length} tokens, more than {MaxTokens}.", nameof(sequences));
            foreach (int token in sequences[i].Span)
                if ((uint)token >= (uint)Vocabulary) throw new ArgumentException($"Sequence {i} holds token {token}, outside 0..{Vocabulary - 1}.", nameof(sequences));
        }
    }

    /// <summary>Room for the scores of each sequence, for <see cref="Fill"/>.</summary>
    internal TokenScores[] Empty(IReadOnlyList<ReadOnlyMemory<int>> sequences, PoolingPlan plan) => [.. sequences.Select(ids => Empty(ids.Length, plan))];

    private TokenScores Empty(int tokens, PoolingPlan plan)
    {
        int scored = Math.Max(0, tokens - 1);
        return new TokenScores
        {
            LogProb = new float[scored],
            Rank = new int[scored],
            Entropy = new float[scored],
            Variance = new float[scored],
            Pooled = new float[plan.Length(Width)],
            Projected = new float[plan.Projections.Count * tokens],
        };
    }

    private void ScorePack(Pack pack, PoolingPlan plan, TokenScores[] scores, CancellationToken cancel)
    {
        using DisposeScope scope = NewDisposeScope();
        Fill(pack, plan, scores, cancel);
    }

    /// <summary>Scores one pack; the final hidden states (R, W) are the caller's scope's.</summary>
    internal Tensor Fill(Pack pack, PoolingPlan plan, TokenScores[] scores, CancellationToken cancel)
    {
        Tensor hidden = _model.Forward(pack, (layer, state) => See(layer, state, pack, plan, scores), cancel); // (R, W)
        List<long> rows = [];
        List<int> targets = [];
        foreach (Segment segment in pack.Segments)
            for (int i = 0; i < segment.Length - 1; i++)
            {
                rows.Add(segment.Start + i);
                targets.Add(pack.Tokens(segment)[i + 1]);
            }
        TokenStatistics[] statistics = _head.Score(hidden, [.. rows], [.. targets], cancel);
        int next = 0;
        foreach (Segment segment in pack.Segments)
            for (int i = 0; i < segment.Length - 1; i++, next++)
            {
                TokenScores into = scores[segment.Sequence];
                (into.LogProb[i], into.Rank[i], into.Entropy[i], into.Variance[i]) = statistics[next];
            }
        return hidden;
    }

    private void See(int layer, Tensor state, Pack pack, PoolingPlan plan, TokenScores[] scores)
    {
        Pool(layer, state, pack, plan, scores);
        int[] here = [.. Enumerable.Range(0, plan.Projections.Count).Where(i => plan.Projections[i].Layer == layer)];
        if (here.Length > 0) Project(here, state, pack, plan, scores);
    }

    private void Pool(int layer, Tensor state, Pack pack, PoolingPlan plan, TokenScores[] scores)
    {
        for (int i = 0; i < plan.Layers.Count; i++)
        {
            if (plan.Layers[i] != layer) continue;
            foreach (Segment segment in pack.Segments)
                for (int j = 0; j < plan.Poolings.Count; j++)
                {
                    using DisposeScope scope = NewDisposeScope();
                    int tokens = plan.Poolings[j] is Pooling.FirstHalfMean or Pooling.FirstHalfLast ? PoolingPlan.FirstHalf(segment.Length) : segment.Length;
                    bool mean = plan.Poolings[j] is Pooling.Mean or Pooling.FirstHalfMean;
                    Tensor rows = state.narrow(0, segment.Start, tokens).to(ScalarType.Float32); // (n, W)
                    Tensor pooled = mean ? rows.mean([0]) : rows[tokens - 1];                      // (W)
                    MemoryMarshal.Cast<byte, float>(pooled.contiguous().cpu().bytes).CopyTo(scores[segment.Sequence].Pooled.AsSpan(plan.Offset(i, j, Width)));
                }
        }
    }

    /// <param name="here">Which of the plan's projections are of this layer.</param>
    private void Project(int[] here, Tensor state, Pack pack, PoolingPlan plan, TokenScores[] scores)
    {
        foreach (Segment segment in pack.Segments)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor rows = state.narrow(0, segment.Start, segment.Length).to(ScalarType.Float32);   // (n, W)
            bool onCpu = rows.device.type == DeviceType.CPU;
            ReadOnlySpan<float> values = onCpu ? MemoryMarshal.Cast<byte, float>(rows.contiguous().bytes) : [];
            foreach (int at in here)
            {
                float[] direction = plan.Projections[at].Direction;
                Span<float> into = scores[segment.Sequence].Projected.AsSpan(at * segment.Length, segment.Length);
                if (onCpu) for (int i = 0; i < into.Length; i++) into[i] = Dot(values.Slice(i * Width, Width), direction);
                else MemoryMarshal.Cast<byte, float>(rows.mv(tensor(direction, device: rows.device)).cpu().bytes).CopyTo(into); // (n)
            }
        }
    }

    /// <summary>Sums in an order that the length alone decides: a library's product may choose it by the number of rows or by where they lie in memory.</summary>
    private static float Dot(ReadOnlySpan<float> state, ReadOnlySpan<float> direction)
    {
        Vector<float> sums = Vector<float>.Zero;
        int i = 0;
        for (; i <= state.Length - Vector<float>.Count; i += Vector<float>.Count) sums += new Vector<float>(state[i..]) * new Vector<float>(direction[i..]);
        float sum = Vector.Sum(sums);
        for (; i < state.Length; i++) sum += state[i] * direction[i];
        return sum;
    }
}
