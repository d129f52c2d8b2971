using Detection.Model;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Detection.Learning.Pretraining;

/// <summary>
/// The differentiable forward pass for training: float32 master weights, matrix products in <c>dtype</c> by casts, the residual stream in float32.
/// Serving has its own packed pass in Model; the two are compared in tests.
/// </summary>
internal sealed class TrainableLlama : IDisposable
{
    internal const string Embedding = "model.embed_tokens.weight";
    private const int QueryBlock = 128, HeadBlock = 256;

    private readonly LlamaShape _shape;
    private readonly ScalarType _dtype;
    private readonly Tensor _cos, _sin, _mask;                                                   // (T, hd), (T, hd), (T, T)
    private readonly Scalar _epsilon;                                                            // held: see KeptScalar
    private readonly int _frozen;
    private readonly Dictionary<string, Tensor> _cast = [];                                      // frozen matrices in dtype, made once

    /// <param name="frozen">Blocks from the bottom that are not trained; where there are any, the embeddings are not trained either.</param>
    /// <param name="seed">Of the initial weights: normal with standard deviation 0.02, the two that write into the residual stream smaller by √(2·layers) (GPT-2).</param>
    public TrainableLlama(LlamaShape shape, ScalarType dtype, int seed, int frozen = 0)
    {
        (_shape, _dtype, _epsilon, _frozen) = (shape, dtype, shape.NormEpsilon, frozen);
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, torch.CPU);
        foreach (var (name, size) in shape.Tensors())
        {
            bool residual = name.EndsWith("o_proj.weight", StringComparison.Ordinal) || name.EndsWith("down_proj.weight", StringComparison.Ordinal);
            double deviation = residual ? 0.02 / Math.Sqrt(2 * shape.Layers) : 0.02;
            var weight = size.Length == 1 ? ones(size) : randn(size, generator: generator).mul_(deviation);
            Weights[name] = weight.requires_grad_(IsTrained(name)).DetachFromDisposeScope();
        }
        using var positions = arange(shape.Context, dtype: ScalarType.Float32).unsqueeze(1);
        using var frequencies = pow(shape.RopeBase, arange(0, shape.HeadWidth, 2, dtype: ScalarType.Float32).div(-shape.HeadWidth)).unsqueeze(0);
        using var angles = positions.matmul(frequencies);                                        // (T, hd/2)
        _cos = cat([angles.cos(), angles.cos()], 1).to_type(dtype).DetachFromDisposeScope();
        _sin = cat([angles.sin().neg(), angles.sin()], 1).to_type(dtype).DetachFromDisposeScope();
        _mask = full([shape.Context, shape.Context], float.NegativeInfinity).triu(1).to_type(dtype).DetachFromDisposeScope();
    }

    /// <summary>Of matrix products.</summary>
    public ScalarType Dtype => _dtype;

    /// <summary>By checkpoint name, float32, in the order of <see cref="LlamaShape.Tensors"/>.</summary>
    public Dictionary<string, Tensor> Weights { get; } = [];

    /// <summary>Those of <see cref="Weights"/> that a step changes.</summary>
    public IReadOnlyDictionary<string, Tensor> Trained => Weights.Where(one => IsTrained(one.Key)).ToDictionary();

    /// <summary>To be called when weights were written from outside.</summary>
    public void Renew()
    {
        foreach (var stale in _cast.Values) stale.Dispose();
        _cast.Clear();
    }

    /// <summary>Mean cross-entropy in nats of <paramref name="targets"/> (B, T) given <paramref name="ids"/> (B, T); with <paramref name="reduce"/> false one value a token, (B·T).</summary>
    public Tensor Loss(Tensor ids, Tensor targets, bool reduce = true)
    {
        using var scope = NewDisposeScope();
        var hidden = Hidden(ids);                                                                // (B·T, d)
        var logits = F.linear(hidden.to_type(_dtype), W(Embedding)).to_type(ScalarType.Float32);
        return F.cross_entropy(logits, targets.reshape(-1), reduction: reduce ? nn.Reduction.Mean : nn.Reduction.None).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Adds the gradient of the mean cross-entropy to the weights' and returns the loss against <paramref name="targets"/>. The logits' gradient, softmax − one-hot, is written out in
    /// blocks of rows that stay in the cache: the general path keeps three float32 matrices of tokens × vocabulary.
    /// </summary>
    /// <param name="teacher">What is to be predicted is what this model predicts over the ids that both have (Hinton et al. 2015, arXiv 1503.02531, at temperature 1), not the one token that came.</param>
    public double Backward(Tensor ids, Tensor targets, TrainableLlama? teacher = null)
    {
        using var scope = NewDisposeScope();
        var hidden = Hidden(ids).to_type(_dtype);                                                // (B·T, d)
        var (loss, toHidden, toEmbedding) = HeadGradients(hidden.detach(), targets.reshape(-1, 1), teacher?.Predicted(ids, _shape.Vocabulary));
        hidden.backward([toHidden]);
        if (toEmbedding is not null)
            using (no_grad()) Weights[Embedding].grad!.add_(toEmbedding, KeptScalar.One);
        return loss;
    }

    /// <summary>Probabilities of the first <paramref name="vocabulary"/> ids alone, for some rows of (B·T) at a time.</summary>
    private Func<long, long, Tensor> Predicted(Tensor ids, int vocabulary)
    {
        using var off = no_grad();
        var hidden = Hidden(ids).to_type(_dtype);                                                // (B·T, d)
        var embedding = W(Embedding).narrow(0, 0, vocabulary);
        return (start, rows) => F.linear(hidden.narrow(0, start, rows), embedding).to_type(ScalarType.Float32).softmax(-1);
    }

    private (double Loss, Tensor Hidden, Tensor? Embedding) HeadGradients(Tensor hidden, Tensor targets, Func<long, long, Tensor>? predicted)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        (long count, double loss) = (hidden.shape[0], 0);
        using Scalar share = 1.0 / count, less = -1f;
        var embedding = W(Embedding);
        var slopes = empty([count, _shape.Vocabulary], _dtype);                                  // (B·T, V)
        for (long start = 0; start < count; start += HeadBlock)
        {
            using var inner = NewDisposeScope();
            long rows = Math.Min(HeadBlock, count - start);
            var wanted = targets.narrow(0, start, rows);
            var logs = F.linear(hidden.narrow(0, start, rows), embedding).to_type(ScalarType.Float32).log_softmax(-1);
            loss -= logs.gather(1, wanted).sum().item<float>();
            logs.exp_();
            if (predicted is null) logs.scatter_add_(1, wanted, full([rows, 1], less));
            else logs.add_(predicted(start, rows), less);
            logs.mul_(share);
            slopes.narrow(0, start, rows).copy_(logs);
        }
        var toHidden = slopes.mm(embedding);
        var toEmbedding = IsTrained(Embedding) ? slopes.t().mm(hidden).MoveToOuterDisposeScope() : null;
        return (loss / count, toHidden.MoveToOuterDisposeScope(), toEmbedding);
    }

    private Tensor Hidden(Tensor ids)
    {
        (long batch, long length) = (ids.shape[0], ids.shape[1]);
        var x = Weights[Embedding].index_select(0, ids.reshape(-1));           // (B·T, d)
        for (int layer = 0; layer < _shape.Layers; layer++)
            if (layer >= _frozen) x = Block(x, layer, batch, length);
            else
                using (no_grad()) x = Block(x, layer, batch, length);
        return Norm(x, "model.norm.weight");
    }

    private Tensor Block(Tensor x, int layer, long batch, long length)
    {
        string at = $"model.layers.{layer}.";
        x = x.add(Attention(at + "self_attn.", Norm(x, at + "input_layernorm.weight"), batch, length), KeptScalar.One);
        return x.add(FeedForward(at + "mlp.", Norm(x, at + "post_attention_layernorm.weight")), KeptScalar.One);
    }

    private bool IsTrained(string name) => _frozen == 0 || (name != Embedding && !Enumerable.Range(0, _frozen).Any(layer => name.StartsWith($"model.layers.{layer}.", StringComparison.Ordinal)));

    /// <summary>
    /// Query heads that share a key head are folded into rows, so that keys and values are never copied. Queries go in blocks that see no key after their own
    /// last one: of the square of a 1,024-token sequence only 56 % is computed.
    /// </summary>
    private Tensor Attention(string at, Tensor x, long batch, long length)
    {
        (int heads, int shared, int width) = (_shape.Heads, _shape.KeyValueHeads, _shape.HeadWidth);
        int group = heads / shared;
        using Scalar scale = 1 / Math.Sqrt(width);
        var q = Rotate(F.linear(x, W(at + "q_proj.weight")).view(batch, length, heads, width), length).mul(scale).transpose(1, 2).reshape(batch * shared, group, length, width);
        var k = Rotate(F.linear(x, W(at + "k_proj.weight")).view(batch, length, shared, width), length).transpose(1, 2).reshape(batch * shared, length, width).transpose(1, 2);
        var v = F.linear(x, W(at + "v_proj.weight")).view(batch, length, shared, width).transpose(1, 2).reshape(batch * shared, length, width);
        var blocks = new List<Tensor>();
        for (long start = 0; start < length; start += QueryBlock)
        {
            long rows = Math.Min(QueryBlock, length - start), seen = start + rows;
            var mask = _mask.narrow(0, start, rows).narrow(1, 0, seen).repeat(group, 1).unsqueeze(0);
            var scores = bmm(q.narrow(2, start, rows).reshape(batch * shared, group * rows, width), k.narrow(2, 0, seen)).add_(mask, KeptScalar.One);
            blocks.Add(bmm(scores.softmax(-1), v.narrow(1, 0, seen)).view(batch, heads, rows, width));  // (B·kv, g·rows, hd)
        }
        var joined = cat(blocks, 2).transpose(1, 2).reshape(batch * length, heads * width);
        return F.linear(joined, W(at + "o_proj.weight")).to_type(ScalarType.Float32);
    }

    private Tensor FeedForward(string at, Tensor x) =>
        F.linear(F.silu(F.linear(x, W(at + "gate_proj.weight"))).mul(F.linear(x, W(at + "up_proj.weight"))), W(at + "down_proj.weight")).to_type(ScalarType.Float32);

    private Tensor Norm(Tensor x, string weight) =>
        x.mul(x.mul(x).mean([-1], keepdim: true).add(_epsilon).rsqrt()).mul(Weights[weight]).to_type(_dtype);

    /// <summary>RoPE in the half-split form of Hugging Face: x·cos + roll(x, hd/2)·(−sin, sin).</summary>
    private Tensor Rotate(Tensor x, long length)                                                 // (B, T, h, hd)
    {
        using var scope = NewDisposeScope();
        var cos = _cos.narrow(0, 0, length).view(1, length, 1, _shape.HeadWidth);
        var sin = _sin.narrow(0, 0, length).view(1, length, 1, _shape.HeadWidth);
        return x.mul(cos).add(x.roll(_shape.HeadWidth / 2, -1).mul(sin), KeptScalar.One).MoveToOuterDisposeScope();
    }

    private Tensor W(string name)
    {
        if (Weights[name].requires_grad) return Weights[name].to_type(_dtype);
        if (!_cast.TryGetValue(name, out var cast)) _cast[name] = cast = Weights[name].to_type(_dtype, copy: true).DetachFromDisposeScope();
        return cast;
    }

    public void Dispose()
    {
        Renew();
        foreach (var weight in Weights.Values) weight.Dispose();
        _cos.Dispose();
        _sin.Dispose();
        _mask.Dispose();
        _epsilon.Dispose();
    }
}
