using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>Normalises each row of (R, W).</summary>
internal sealed class Norm(NormKind kind, float epsilon, Tensor weight, Tensor? bias)
{
    private readonly Scalar _epsilon = epsilon;

    public static Norm Read(WeightReader reader, Architecture shape, string name, int layer) => new(shape.Norm, shape.NormEpsilon,
        reader.Read(name + ".weight", layer, shape.Width), shape.Norm == NormKind.Layer ? reader.Read(name + ".bias", layer, shape.Width) : null);

    public IEnumerable<Tensor> Weights => bias is null ? [weight] : [weight, bias];

    public Tensor Apply(Tensor x)
    {
        using DisposeScope scope = NewDisposeScope();
        if (kind == NormKind.Layer) return nn.functional.layer_norm(x, [weight.shape[0]], weight, bias, epsilon).MoveToOuterDisposeScope();
        Tensor wide = x.to(ScalarType.Float32); // the mean of squares is taken in float32 whatever the weights are
        Tensor scale = wide.mul(wide).mean([-1], keepdim: true).add_(_epsilon, KeptScalar.One).rsqrt_(); // (R, 1)
        return (wide * scale).to(x.dtype).mul_(weight).MoveToOuterDisposeScope();
    }
}
