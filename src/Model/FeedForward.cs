using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>Two linear maps with an activation between, gated or not: (R, W) → (R, I) → (R, W).</summary>
internal sealed class FeedForward(Architecture shape, Linear up, Linear down)
{
    public static FeedForward Read(WeightReader reader, Architecture shape, CheckpointNames names, int layer) => new(shape,
        reader.Linear(names.Up, layer, shape.Width, [.. names.Up.Select(_ => shape.Inner)], shape.FeedForwardBias),
        reader.Linear([names.Down], layer, shape.Inner, [shape.Width], shape.FeedForwardBias));

    public IEnumerable<Linear> Linears => [up, down];

    public Tensor Apply(Tensor x)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor inner = up.Apply(x); // (R, 2·I) gate then up, or (R, I)
        inner = shape.Gated ? Activate(inner.narrow(1, 0, shape.Inner)).mul_(inner.narrow(1, shape.Inner, shape.Inner)) : Activate(inner); // (R, I)
        return down.Apply(inner).MoveToOuterDisposeScope();
    }

    private Tensor Activate(Tensor x) => Activate(shape.Activation, x);

    public static Tensor Activate(Activation activation, Tensor x) => activation switch
    {
        Activation.Silu => nn.functional.silu(x),
        Activation.Gelu => nn.functional.gelu(x),
        _ => nn.functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh),
    };
}
