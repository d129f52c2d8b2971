using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>
/// Causal self-attention over a pack. Each sequence is folded: the query heads that share a key/value head become rows of one
/// matrix, so that keys and values are never copied (torchsharp.md §1.4). Shapes depend on the sequence alone, never on its pack.
/// </summary>
internal sealed class Attention(Architecture shape, int layer, Linear queryKeyValue, Linear output)
{
    private const int QueryBlock = 256; // bounds the scores of a long sequence, and skips keys that no query of the block may see

    private readonly Scalar _scale = shape.ScaleOf(layer);

    public static Attention Read(WeightReader reader, Architecture shape, CheckpointNames names, int layer)
    {
        int queries = shape.Heads * shape.HeadSize, keys = shape.KeyValueHeads * shape.HeadSize;
        int[] rows = names.QueryKeyValue.Count == 1 ? [queries + 2 * keys] : [queries, keys, keys];
        return new Attention(shape, layer, reader.Linear(names.QueryKeyValue, layer, shape.Width, rows, shape.AttentionBias),
            reader.Linear([names.AttentionOutput], layer, queries, [shape.Width], shape.AttentionBias));
    }

    public IEnumerable<Linear> Linears => [queryKeyValue, output];

    /// <param name="x">(R, W)</param>
    /// <param name="mask">(B, B), −∞ above the diagonal</param>
    public Tensor Apply(Tensor x, Pack pack, Rotation? rotation, Tensor mask)
    {
        using DisposeScope scope = NewDisposeScope();
        int heads = shape.Heads, kv = shape.KeyValueHeads, size = shape.HeadSize;
        Tensor projected = queryKeyValue.Apply(x);                                              // (R, (H + 2K)·D)
        Tensor turned = projected.narrow(1, 0, (heads + kv) * size).view(-1, heads + kv, size); // (R, H + K, D)
        if (rotation is not null) turned = rotation.Apply(turned);
        Tensor queries = turned.narrow(1, 0, heads).mul(_scale);                                  // (R, H, D)
        Tensor keys = turned.narrow(1, heads, kv);                                              // (R, K, D)
        Tensor values = projected.narrow(1, (heads + kv) * size, kv * size).view(-1, kv, size); // (R, K, D)
        Tensor mixed = zeros([pack.Rows, heads, size], x.dtype, x.device);                      // (R, H, D)
        foreach (Segment segment in pack.Segments)
            for (int from = 0; from < segment.Length; from += QueryBlock)
                Attend(segment, from, Math.Min(QueryBlock, segment.Length - from), queries, keys, values, mask, mixed);
        return output.Apply(mixed.view(pack.Rows, heads * size)).MoveToOuterDisposeScope();
    }

    /// <summary>Queries from … from + n of one sequence against its first t = from + n keys.</summary>
    private void Attend(Segment segment, int from, int n, Tensor queries, Tensor keys, Tensor values, Tensor mask, Tensor mixed)
    {
        using DisposeScope scope = NewDisposeScope();
        int kv = shape.KeyValueHeads, group = shape.Heads / kv, size = shape.HeadSize, t = from + n;
        Tensor q = queries.narrow(0, segment.Start + from, n).permute(1, 0, 2).reshape(kv, group * n, size); // (K, G·n, D)
        Tensor k = keys.narrow(0, segment.Start, t).permute(1, 2, 0);                                         // (K, D, t)
        Tensor v = values.narrow(0, segment.Start, t).permute(1, 0, 2);                                       // (K, t, D)
        Tensor scores = bmm(q, k);                                                                            // (K, G·n, t)
        scores.view(kv, group, n, t).narrow(3, from, n).add_(mask.narrow(0, 0, n).narrow(1, 0, n), KeptScalar.One);
        Tensor result = bmm(scores.softmax(-1), v).view(shape.Heads, n, size);                                // (H, n, D)
        mixed.narrow(0, segment.Start + from, n).copy_(result.permute(1, 0, 2));
    }

    public static Tensor Mask(ScalarType type, Device device)
    {
        using Scalar never = float.NegativeInfinity;
        using Tensor square = full([QueryBlock, QueryBlock], never, ScalarType.Float32);
        return square.triu(1).to(type, device, copy: true).DetachFromDisposeScope();
    }
}
