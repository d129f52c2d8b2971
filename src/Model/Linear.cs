using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>
/// y = x · weightᵀ + bias; the weight is (out, in). oneDNN adds a float32 dot product up in one chain, whose error grows with its
/// length; MKL breaks it after 192. A long chain is therefore cut into parts here: on the most sensitive text of the reference (one
/// word repeated) the largest error of ln p falls from 2e-3 to 3e-4.
/// </summary>
internal sealed class Linear : IDisposable
{
    private const int LongestChain = 192;
    private readonly Tensor[] _parts; // each (out, part of in), transposed where it is added to a sum
    private readonly Tensor? _bias;

    /// <summary>Takes <paramref name="weight"/> and <paramref name="bias"/> over.</summary>
    public Linear(Tensor weight, Tensor? bias)
    {
        (Outputs, Inputs) = ((int)weight.shape[0], (int)weight.shape[1]);
        _bias = bias;
        bool chained = weight.dtype == ScalarType.Float32 && weight.device.type == DeviceType.CPU && OneDnn.Use();
        int parts = chained ? (Inputs + LongestChain - 1) / LongestChain : 1;
        if (parts == 1)
        {
            _parts = [weight];
            return;
        }
        int step = ((Inputs + parts - 1) / parts + 15) / 16 * 16;
        _parts = [.. Enumerable.Range(0, (Inputs + step - 1) / step).Select(i => Part(weight, i * step, Math.Min(step, Inputs - i * step)))];
        weight.Dispose();
    }

    public int Inputs { get; }

    public int Outputs { get; }

    /// <summary>(R, in) → (R, out)</summary>
    public Tensor Apply(Tensor x)
    {
        if (_parts.Length == 1) return nn.functional.linear(x, _parts[0], _bias);
        using DisposeScope scope = NewDisposeScope();
        Tensor sum = nn.functional.linear(x.narrow(1, 0, _parts[0].shape[1]), _parts[0], _bias);
        long start = _parts[0].shape[1];
        foreach (Tensor part in _parts.AsSpan(1))
        {
            sum.addmm_(x.narrow(1, start, part.shape[1]), part.t(), 1, 1);
            start += part.shape[1];
        }
        return sum.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (Tensor part in _parts) part.Dispose();
        _bias?.Dispose();
    }

    private static Tensor Part(Tensor weight, int start, int count)
    {
        using Tensor view = weight.narrow(1, start, count);
        return view.contiguous().DetachFromDisposeScope();
    }
}
