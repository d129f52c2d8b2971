using Detection.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>
/// A decoder-only transformer over packs. R = rows of the pack, W = width, H = query heads, K = key/value heads, D = head size,
/// I = inner size, V = vocabulary. Safe from several threads: the weights are only read.
/// </summary>
internal sealed class LanguageModel : IDisposable
{
    private readonly Tensor _embedding; // (V, W)
    private readonly Positions _positions;
    private readonly Block[] _blocks;
    private readonly Norm _finalNorm;
    private readonly Tensor _mask; // (B, B)

    private LanguageModel(Architecture shape, Tensor embedding, Positions positions, Block[] blocks, Norm finalNorm, Tensor head, Tensor mask)
    {
        (Shape, _embedding, _positions, _blocks, _finalNorm, Head, _mask) = (shape, embedding, positions, blocks, finalNorm, head, mask);
    }

    public Architecture Shape { get; }

    /// <summary>(V, W): logits are hidden states times its transpose. May be the embedding itself.</summary>
    public Tensor Head { get; }

    public ScalarType Type => _embedding.dtype;

    public Device Device => _embedding.device;

    /// <summary>The distinct shapes of linear map that a forward pass uses, for <see cref="PackLadder"/>.</summary>
    public IEnumerable<Linear> LayerLinears => [.. _blocks[0].Attention.Linears, .. _blocks[0].FeedForward.Linears];

    /// <exception cref="CheckpointException">A weight is missing or does not fit the config.</exception>
    public static LanguageModel Load(Checkpoint checkpoint, ScalarType type, Device device, int maxTokens)
    {
        using IDisposable inference = inference_mode();
        Architecture shape = Architecture.Read(checkpoint);
        CheckpointNames names = CheckpointNames.Of(shape.Family);
        WeightReader reader = new(checkpoint, names, type, device);
        Tensor embedding = reader.Read(names.Embedding + ".weight", 0, shape.Vocabulary, shape.Width);
        Positions positions = Positions.Read(reader, shape, names, maxTokens, type, device);
        Block[] blocks = [.. Enumerable.Range(0, shape.Layers).Select(layer => Block.Read(reader, shape, names, layer))];
        Tensor head = shape.TiedHead ? embedding : reader.Read(names.Head + ".weight", 0, shape.Vocabulary, shape.Width);
        return new LanguageModel(shape, embedding, positions, blocks, Norm.Read(reader, shape, names.FinalNorm, 0), head, Attention.Mask(type, device));
    }

    /// <summary>
    /// The hidden states (R, W) after the final norm. <paramref name="see"/> is shown the state after k blocks as layer k = 0 … L; the
    /// last one after the final norm. It must not keep what it is shown.
    /// </summary>
    public Tensor Forward(Pack pack, Action<int, Tensor> see, CancellationToken cancel)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor positions = pack.Positions(Device);                                     // (R)
        Rotation? rotation = _positions.RotationAt(positions);                         // (R, 1, D)
        Tensor x = _positions.Add(_embedding.index_select(0, pack.Ids(Device)), positions); // (R, W)
        for (int layer = 0; layer < _blocks.Length; layer++)
        {
            cancel.ThrowIfCancellationRequested();
            see(layer, x);
            _blocks[layer].ApplyInPlace(x, pack, rotation, _mask);
        }
        x = _finalNorm.Apply(x);                                                       // (R, W)
        see(_blocks.Length, x);
        return x.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _positions.Dispose();
        _mask.Dispose();
        if (!ReferenceEquals(Head, _embedding)) Head.Dispose();
        _embedding.Dispose();
        foreach (Tensor weight in _finalNorm.Weights) weight.Dispose();
        foreach (Block block in _blocks) block.Dispose();
    }

    /// <summary>One layer: each half is normalised, transformed and added to the residual stream.</summary>
    private sealed record Block(Norm AttentionNorm, Attention Attention, Norm FeedForwardNorm, FeedForward FeedForward) : IDisposable
    {
        public static Block Read(WeightReader reader, Architecture shape, CheckpointNames names, int layer) => new(
            Norm.Read(reader, shape, names.AttentionNorm, layer), Attention.Read(reader, shape, names, layer),
            Norm.Read(reader, shape, names.FeedForwardNorm, layer), FeedForward.Read(reader, shape, names, layer));

        public void ApplyInPlace(Tensor x, Pack pack, Rotation? rotation, Tensor mask)
        {
            using DisposeScope scope = NewDisposeScope();
            x.add_(Attention.Apply(AttentionNorm.Apply(x), pack, rotation, mask), KeptScalar.One);
            x.add_(FeedForward.Apply(FeedForwardNorm.Apply(x)), KeptScalar.One);
        }

        public void Dispose()
        {
            foreach (Tensor weight in AttentionNorm.Weights.Concat(FeedForwardNorm.Weights)) weight.Dispose();
            foreach (Linear linear in Attention.Linears.Concat(FeedForward.Linears)) linear.Dispose();
        }
    }
}
