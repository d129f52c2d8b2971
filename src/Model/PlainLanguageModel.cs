using System.Globalization;
using System.Runtime.InteropServices;
using Detection.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>
/// The same networks computed the plain way, float32: padded batches, one operation after the other, all logits at once, log-softmax.
/// Slow on purpose: tests hold <see cref="TokenScorer"/> against it, and the benchmark measures the gain over it. It shares
/// <see cref="Architecture"/> and the table of names, and no computation.
/// </summary>
internal sealed class PlainLanguageModel : IDisposable
{
    private readonly Architecture _shape;
    private readonly CheckpointNames _names;
    private readonly Dictionary<string, Tensor> _weights = new(StringComparer.Ordinal);

    public PlainLanguageModel(Checkpoint checkpoint)
    {
        _shape = Architecture.Read(checkpoint);
        _names = CheckpointNames.Of(_shape.Family);
        foreach ((string name, CheckpointTensor stored) in checkpoint.Tensors)
        {
            if (!stored.IsReadable) continue;
            Tensor weight = empty([.. stored.Shape], ScalarType.Float32);
            checkpoint.Read(name, MemoryMarshal.Cast<byte, float>(weight.bytes));
            string plain = name.StartsWith(_names.Prefix, StringComparison.Ordinal) ? name[_names.Prefix.Length..] : name;
            _weights[plain] = weight.DetachFromDisposeScope();
        }
    }

    /// <summary>Scores one batch; the pooled vector is the mean, then the last, of the final hidden state.</summary>
    public IReadOnlyList<TokenScores> Score(IReadOnlyList<int[]> sequences)
    {
        using IDisposable inference = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        Tensor hidden = Forward(sequences);                     // (B, T, W)
        Tensor logProbs = Head(hidden).log_softmax(-1);         // (B, T, V)
        return [.. sequences.Select((ids, i) => Scores(ids, hidden[i].narrow(0, 0, ids.Length), logProbs[i].narrow(0, 0, ids.Length)))];
    }

    /// <summary>ln p over the vocabulary at every position of one sequence, row-major (n, V).</summary>
    public float[] LogProbs(int[] ids)
    {
        using IDisposable inference = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        return Head(Forward([ids]))[0].log_softmax(-1).contiguous().data<float>().ToArray();
    }

    public void Dispose()
    {
        foreach (Tensor weight in _weights.Values) weight.Dispose();
    }

    private Tensor Forward(IReadOnlyList<int[]> sequences)
    {
        int longest = sequences.Max(ids => ids.Length);
        long[] padded = [.. sequences.SelectMany(ids => ids.Concat(Enumerable.Repeat(0, longest - ids.Length))).Select(id => (long)id)];
        Tensor ids = tensor(padded, [sequences.Count, longest]), positions = arange(longest, ScalarType.Int64);
        Tensor x = Weight(_names.Embedding + ".weight")[ids];   // (B, T, W)
        if (_shape.Rotary is null) x = x.Plus(Weight(_names.Positions + ".weight")[positions]);
        (Tensor cosine, Tensor sine) = Angles(longest);
        using Scalar never = float.NegativeInfinity;
        Tensor mask = full([longest, longest], never).triu(1);
        for (int layer = 0; layer < _shape.Layers; layer++)
        {
            using DisposeScope scope = NewDisposeScope();
            x = x.Plus(Attend(Normalise(x, _names.AttentionNorm, layer), layer, cosine, sine, mask));
            x = x.Plus(Expand(Normalise(x, _names.FeedForwardNorm, layer), layer)).MoveToOuterDisposeScope();
        }
        return Normalise(x, _names.FinalNorm, 0);
    }

    private Tensor Head(Tensor hidden) => matmul(hidden, Weight(_shape.TiedHead ? _names.Embedding + ".weight" : _names.Head + ".weight").t());

    private (Tensor Cosine, Tensor Sine) Angles(int length)
    {
        if (_shape.Rotary is not { } rotary) return (zeros(1), zeros(1));
        float[] frequencies = [.. Enumerable.Range(0, _shape.HeadSize / 2)
            .Select(i => (float)(1 / Math.Pow(rotary.Theta, 2.0 * i / _shape.HeadSize)) / (rotary.Divisors?[i] ?? 1))];
        Tensor angles = outer(arange(length, ScalarType.Float32), tensor(frequencies)); // (T, D/2)
        angles = cat([angles, angles], -1);
        return (angles.cos(), angles.sin());                                            // (T, D) each
    }

    private Tensor Attend(Tensor x, int layer, Tensor cosine, Tensor sine, Tensor mask)
    {
        int heads = _shape.Heads, kv = _shape.KeyValueHeads, size = _shape.HeadSize;
        long batch = x.shape[0], length = x.shape[1];
        Tensor[] parts = _names.QueryKeyValue.Count == 1
            ? Map(x, _names.QueryKeyValue[0], layer).split([heads * size, kv * size, kv * size], -1)
            : [.. _names.QueryKeyValue.Select(name => Map(x, name, layer))];
        Tensor Split(Tensor t, int count) => t.view(batch, length, count, size).transpose(1, 2);  // (B, heads, T, D)
        Tensor q = Split(parts[0].contiguous(), heads), k = Split(parts[1].contiguous(), kv), v = Split(parts[2].contiguous(), kv);
        if (_shape.Rotary is not null)
        {
            Tensor Turn(Tensor t) => (t * cosine).Plus(cat([-t.narrow(-1, size / 2, size / 2), t.narrow(-1, 0, size / 2)], -1) * sine);
            (q, k) = (Turn(q), Turn(k));
        }
        k = k.repeat_interleave(heads / kv, 1);
        v = v.repeat_interleave(heads / kv, 1);
        Tensor weights = matmul(q, k.transpose(2, 3)).Times(_shape.ScaleOf(layer)).Plus(mask).softmax(-1); // (B, H, T, T)
        return Map(matmul(weights, v).transpose(1, 2).reshape(batch, length, heads * size), _names.AttentionOutput, layer);
    }

    private Tensor Expand(Tensor x, int layer)
    {
        Tensor inner = Activate(Map(x, _names.Up[0], layer));
        if (_shape.Gated) inner = inner * Map(x, _names.Up[1], layer);
        return Map(inner, _names.Down, layer);
    }

    private Tensor Activate(Tensor x) => _shape.Activation switch
    {
        Activation.Silu => x * x.sigmoid(),
        Activation.Gelu => x.Times(0.5) * x.Times(1 / Math.Sqrt(2)).erf().Plus(1),
        _ => x.Times(0.5) * x.Plus((x * x * x).Times(0.044715)).Times(Math.Sqrt(2 / Math.PI)).tanh().Plus(1),
    };

    private Tensor Map(Tensor x, string name, int layer)
    {
        Tensor weight = Weight(name + ".weight", layer);
        Tensor y = matmul(x, _names.Transposed ? weight : weight.t());
        return _weights.ContainsKey(At(name + ".bias", layer)) ? y.Plus(Weight(name + ".bias", layer)) : y;
    }

    private Tensor Normalise(Tensor x, string name, int layer)
    {
        if (_shape.Norm == NormKind.RootMeanSquare) return x / (x * x).mean([-1], true).Plus(_shape.NormEpsilon).sqrt() * Weight(name + ".weight", layer);
        Tensor centred = x - x.mean([-1], true);
        return (centred / (centred * centred).mean([-1], true).Plus(_shape.NormEpsilon).sqrt() * Weight(name + ".weight", layer)).Plus(Weight(name + ".bias", layer));
    }

    private Tensor Weight(string name, int layer = 0) => _weights[At(name, layer)];

    private static string At(string name, int layer) => name.Replace("{0}", layer.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static TokenScores Scores(int[] ids, Tensor hidden, Tensor logProbs)
    {
        int scored = Math.Max(0, ids.Length - 1);
        float[] pooled = ids.Length == 0 ? new float[2 * hidden.shape[1]] : [.. hidden.mean([0]).data<float>(), .. hidden[ids.Length - 1].contiguous().data<float>()];
        if (scored == 0) return new TokenScores { LogProb = [], Rank = [], Entropy = [], Variance = [], Pooled = pooled };
        Tensor rows = logProbs.narrow(0, 0, scored);                                              // (n − 1, V)
        Tensor target = rows.gather(1, tensor([.. ids.Skip(1).Select(id => (long)id)]).unsqueeze(1)); // (n − 1, 1)
        Tensor p = rows.exp(), entropy = -(p * rows).sum(-1), deviation = rows.Plus(entropy.unsqueeze(1));
        return new TokenScores
        {
            LogProb = target.squeeze(1).contiguous().data<float>().ToArray(),
            Rank = [.. (rows > target).sum(-1).data<long>().ToArray().Select(rank => (int)rank)],
            Entropy = entropy.data<float>().ToArray(),
            Variance = (p * deviation * deviation).sum(-1).data<float>().ToArray(),
            Pooled = pooled,
        };
    }
}
