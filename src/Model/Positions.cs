using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>
/// Where a token stands: a learned vector added to its embedding, or a rotation of each head's queries and keys
/// (rotary embedding, arXiv 2104.09864, in the half-split order of Hugging Face).
/// </summary>
internal sealed class Positions : IDisposable
{
    private readonly Tensor? _learned; // (C, W)
    private readonly Tensor? _cosine;  // (C, D): both halves alike
    private readonly Tensor? _sine;    // (C, D): the first half negated

    private Positions(Tensor? learned, Tensor? cosine, Tensor? sine) => (_learned, _cosine, _sine) = (learned, cosine, sine);

    /// <summary>Tables for positions 0 … <paramref name="count"/> − 1.</summary>
    public static Positions Read(WeightReader reader, Architecture shape, CheckpointNames names, int count, ScalarType type, Device device)
    {
        if (shape.Rotary is not { } rotary) return new Positions(reader.Read(names.Positions + ".weight", 0, shape.Context, shape.Width), null, null);
        (float[] cosine, float[] sine) = Table(rotary, shape.HeadSize, count);
        Tensor ToTensor(float[] values)
        {
            using Tensor table = tensor(values, [count, shape.HeadSize]);
            return table.to(type, device, copy: true).DetachFromDisposeScope();
        }
        return new Positions(null, ToTensor(cosine), ToTensor(sine));
    }

    /// <summary>Row-major (count, D). Angles are float32 products, as the checkpoints were trained with.</summary>
    internal static (float[] Cosine, float[] SignedSine) Table(Rotary rotary, int headSize, int count)
    {
        int half = headSize / 2;
        float[] cosine = new float[count * headSize], sine = new float[count * headSize];
        for (int i = 0; i < half; i++)
        {
            float frequency = (float)(1 / Math.Pow(rotary.Theta, 2.0 * i / headSize)) / (rotary.Divisors?[i] ?? 1);
            for (int position = 0; position < count; position++)
            {
                float angle = position * frequency;
                int at = position * headSize + i;
                cosine[at] = cosine[at + half] = MathF.Cos(angle);
                sine[at + half] = MathF.Sin(angle);
                sine[at] = -sine[at + half];
            }
        }
        return (cosine, sine);
    }

    /// <summary>(R, W) plus the learned vectors of the rows' positions (R); unchanged where positions are rotations.</summary>
    public Tensor Add(Tensor embedded, Tensor positions) => _learned is null ? embedded : embedded.add_(_learned.index_select(0, positions), KeptScalar.One);

    /// <summary>The rotations of the rows' positions (R), or null where there are none.</summary>
    public Rotation? RotationAt(Tensor positions) =>
        _cosine is null ? null : new Rotation(_cosine.index_select(0, positions).unsqueeze(1), _sine!.index_select(0, positions).unsqueeze(1));

    public void Dispose()
    {
        _learned?.Dispose();
        _cosine?.Dispose();
        _sine?.Dispose();
    }
}

/// <summary>Cosines and signed sines of some rows, each (R, 1, D).</summary>
internal sealed record Rotation(Tensor Cosine, Tensor Sine)
{
    /// <summary>Rotates (R, heads, D): x · cos + swap(x) · (−sin, sin).</summary>
    public Tensor Apply(Tensor x) => (x * Cosine).addcmul_(x.roll([x.shape[2] / 2], [-1]), Sine, KeptScalar.One);
}
