using System.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>
/// The numbers of rows that a pack or a chunk of the head may have. A row's bits must not depend on its pack. Libraries choose their
/// kernels by the number of rows, so each rung is proved at loading, with every linear map of the model: the same row must come out
/// the same in a pack of that many rows, at another place and among other rows, as in the reference pack. Rungs that differ are not
/// used. Where not even places within one rung agree, every sequence is computed alone, in a shape chosen by its length.
/// </summary>
internal sealed class PackLadder
{
    private const int Reference = 512; // larger packs are no faster (torchsharp.md §1.3)
    private const int LongStep = 128;
    private const int Shift = 17;
    private const int Vector = 64; // the most values that an element-wise loop of libtorch takes at once
    private static readonly int[] PackRungs = [24, 32, 48, 64, 96, 128, 192, 256, 384, Reference];
    private static readonly int[] ChunkRungs = [24, 48, HeadChunk];
    private readonly int[] _packs;
    private readonly int[] _chunks;

    /// <summary>Rows of the head computed at once: 128 cost 4 % over the bare product (torchsharp.md §1.5).</summary>
    public const int HeadChunk = 128;

    private PackLadder(int[] packs, int[] chunks, bool mixes) => (_packs, _chunks, Mixes) = (packs, chunks, mixes);

    /// <summary>Sequences may share a pack.</summary>
    public bool Mixes { get; }

    /// <summary>The most tokens of sequences that share a pack.</summary>
    public static int Capacity => Reference;

    public IReadOnlyList<int> Rungs => _packs;

    /// <summary>Rows of a pack with that many tokens. A sequence beyond the last rung is always alone, so that its length decides.</summary>
    public int RowsFor(int tokens) => tokens <= _packs[^1] ? _packs.First(rung => rung >= tokens) : RoundUp(tokens, LongStep);

    /// <summary>Rows of the head's next chunk with that many rows left: a rung above, or one below where that would waste more than it holds.</summary>
    public int ChunkFor(int rows)
    {
        int above = _chunks.FirstOrDefault(rung => rung >= rows, _chunks[^1]), below = _chunks.LastOrDefault(rung => rung <= rows);
        return above - rows > below && below > 0 ? below : above;
    }

    public static PackLadder Prove(LanguageModel model)
    {
        using DisposeScope scope = NewDisposeScope();
        Linear[] linears = [.. model.LayerLinears];
        // Element-wise functions give other bits in the rest of a vector: every matrix must be whole vectors.
        int common = (int)linears.SelectMany(linear => new[] { linear.Inputs, linear.Outputs }).Aggregate(BigInteger.Zero, (divisor, size) => BigInteger.GreatestCommonDivisor(divisor, size));
        int[] whole = [.. PackRungs.Where(rung => rung * (common % Vector) % Vector == 0)];
        HashSet<int> packs = [.. whole], chunks = [.. ChunkRungs];
        foreach (Linear linear in linears) Keep(packs, linear.Apply, linear.Inputs, Reference, model);
        Keep(chunks, states => nn.functional.linear(states, model.Head), model.Shape.Width, HeadChunk, model);
        bool mixes = packs.Contains(Reference) && chunks.Contains(HeadChunk);
        return mixes ? new PackLadder([.. packs.Order()], [.. chunks.Order()], true) : new PackLadder(whole, ChunkRungs, false);
    }

    /// <summary>The rungs that hold for two models at once.</summary>
    public static PackLadder Both(PackLadder first, PackLadder second)
    {
        if (!first.Mixes || !second.Mixes) return first.Mixes ? second : first;
        return new PackLadder([.. first._packs.Intersect(second._packs)], [.. first._chunks.Intersect(second._chunks)], true);
    }

    private static void Keep(HashSet<int> rungs, Func<Tensor, Tensor> apply, int columns, int reference, LanguageModel model)
    {
        using DisposeScope scope = NewDisposeScope();
        Random random = new(1); // not libtorch's generator: a training run in the same process must not notice
        float[] values = new float[reference * columns];
        for (int i = 0; i < values.Length; i++) values[i] = (float)(random.NextDouble() - 0.5);
        Tensor x = tensor(values, [reference, columns]).to(model.Type, model.Device);
        Tensor shifted = x.roll([Shift], [0]), expected = apply(x).roll([Shift], [0]);
        rungs.RemoveWhere(rung =>
        {
            using DisposeScope inner = NewDisposeScope();
            return !apply(shifted.narrow(0, 0, rung)).equal(expected.narrow(0, 0, rung)).all().item<bool>();
        });
    }

    private static int RoundUp(int value, int step) => (value + step - 1) / step * step;
}
