using TorchSharp;

namespace Detection.Model;

/// <summary>
/// TorchSharp turns a number into a Scalar object that nothing holds during the native call: the finaliser may free it while the call still reads it, and then the result is
/// another one, silently. 45 of 24,781 sums of 200 additions were wrong while garbage was collected all the time. So what is computed for every message or training step holds its scalars.
/// </summary>
public static class KeptScalar
{
    /// <summary>The factor that <c>add_</c> and <c>addcmul_</c> want; without it they make a Scalar of their own.</summary>
    public static readonly Scalar One = 1;

    // Operators of Tensor make scalars too: + a factor of 1, square() a power of 2.
    internal static torch.Tensor Plus(this torch.Tensor left, torch.Tensor right) => left.add(right, One);

    internal static torch.Tensor Plus(this torch.Tensor x, double term)
    {
        using Scalar held = term;
        return x.add(held, One);
    }

    internal static torch.Tensor Times(this torch.Tensor x, double factor)
    {
        using Scalar held = factor;
        return x.mul(held);
    }
}
