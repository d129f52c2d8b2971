using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Learning.Pretraining;

/// <summary>AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) whose moments can be written and read; matrices decay, norms do not.</summary>
internal sealed class AdamW : IDisposable
{
    private const double Beta1 = 0.9, Beta2 = 0.95, Epsilon = 1e-8;

    private readonly IReadOnlyDictionary<string, Tensor> _weights;

    public AdamW(IReadOnlyDictionary<string, Tensor> weights)
    {
        _weights = weights;
        foreach (var (name, weight) in weights)
        {
            First[name] = zeros_like(weight).requires_grad_(false);
            Second[name] = zeros_like(weight).requires_grad_(false);
        }
    }

    public Dictionary<string, Tensor> First { get; } = [];
    public Dictionary<string, Tensor> Second { get; } = [];

    /// <summary>One update from the gradients, which are clipped to a norm of 1 and then cleared. Returns the norm before clipping.</summary>
    /// <param name="step">From 1.</param>
    public double Step(long step, double rate, double decay)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        double norm = Math.Sqrt(_weights.Values.Sum(weight => weight.grad!.mul(weight.grad).sum().item<float>()));
        double clip = Math.Min(1, 1 / (norm + 1e-6));
        (double correct1, double correct2) = (1 - Math.Pow(Beta1, step), 1 - Math.Pow(Beta2, step));
        // Held for the whole step: see KeptScalar.
        using Scalar clipping = clip, keep1 = Beta1, take1 = 1 - Beta1, keep2 = Beta2, take2 = 1 - Beta2, shrink = 1 - rate * decay, correction = correct2, epsilon = Epsilon, move = -rate / correct1;
        foreach (var (name, weight) in _weights)
        {
            using var inner = NewDisposeScope();
            var gradient = weight.grad!.mul_(clipping);
            First[name].mul_(keep1).add_(gradient, take1);
            Second[name].mul_(keep2).addcmul_(gradient, gradient, take2);
            if (weight.shape.Length > 1) weight.mul_(shrink);
            weight.addcdiv_(First[name], Second[name].div(correction).sqrt_().add_(epsilon), move);
            gradient.zero_();
        }
        return norm;
    }

    public void Dispose()
    {
        foreach (var moment in First.Values.Concat(Second.Values)) moment.Dispose();
    }
}
