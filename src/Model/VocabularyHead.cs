using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>
/// Hidden states to token statistics, a chunk of rows at a time, so that a (tokens × vocabulary) matrix never exists. On a CPU the
/// statistics come from <see cref="LogitStatistics"/>; elsewhere from the device's own operations.
/// </summary>
internal sealed class VocabularyHead(Tensor head, PackLadder ladder, bool fused)
{
    /// <summary>Statistics of <paramref name="targets"/>[i] under the state in row <paramref name="rows"/>[i] of (R, W).</summary>
    public TokenStatistics[] Score(Tensor hidden, long[] rows, int[] targets, CancellationToken cancel)
    {
        TokenStatistics[] result = new TokenStatistics[rows.Length];
        for (int start = 0; start < rows.Length;)
        {
            cancel.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            int size = ladder.ChunkFor(rows.Length - start), count = Math.Min(size, rows.Length - start);
            long[] chunk = new long[size]; // rows beyond count repeat row 0: the product's shape is a rung of the ladder
            Array.Copy(rows, start, chunk, 0, count);
            Tensor states = hidden.index_select(0, tensor(chunk, device: hidden.device)); // (S, W)
            Tensor logits = nn.functional.linear(states, head);                           // (S, V)
            Span<TokenStatistics> into = result.AsSpan(start, count);
            if (fused) Fused(states, logits, targets.AsSpan(start, count), into);
            else ByTorch(states, logits, targets.AsSpan(start, count), into);
            start += count;
        }
        return result;
    }

    private void Fused(Tensor states, Tensor logits, ReadOnlySpan<int> targets, Span<TokenStatistics> into)
    {
        int vocabulary = (int)logits.shape[1];
        if (logits.dtype == ScalarType.Float32)
        {
            ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(logits.bytes);
            for (int i = 0; i < into.Length; i++) into[i] = LogitStatistics.Of(values.Slice(i * vocabulary, vocabulary), targets[i]);
            return;
        }
        ReadOnlySpan<ushort> rounded = MemoryMarshal.Cast<byte, ushort>(logits.bytes);
        ReadOnlySpan<float> exact = MemoryMarshal.Cast<byte, float>(TargetLogits(states, targets).bytes);
        for (int i = 0; i < into.Length; i++) into[i] = LogitStatistics.Of(rounded.Slice(i * vocabulary, vocabulary), targets[i], exact[i]);
    }

    private void ByTorch(Tensor states, Tensor logits, ReadOnlySpan<int> targets, Span<TokenStatistics> into)
    {
        Tensor rows = logits.narrow(0, 0, targets.Length).to(ScalarType.Float32);               // (n, V)
        Tensor ids = tensor([.. targets.ToArray().Select(id => (long)id)], device: rows.device).unsqueeze(1); // (n, 1)
        if (logits.dtype != ScalarType.Float32)
            rows = rows.scatter(1, ids, TargetLogits(states, targets).unsqueeze(1));
        Tensor target = rows.gather(1, ids);                                                   // (n, 1)
        Tensor logProbs = rows - rows.logsumexp(1, keepdim: true);
        Tensor p = logProbs.exp(), mean = (p * logProbs).sum(1);
        Tensor variance = (p * logProbs * logProbs).sum(1) - mean * mean;
        Tensor rank = (rows > target).sum(1).to(ScalarType.Float32);                           // exact up to 2²⁴ tokens
        Tensor all = stack([logProbs.gather(1, ids).squeeze(1), rank, -mean, variance], 1).cpu(); // (n, 4)
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(all.bytes);
        for (int i = 0; i < into.Length; i++)
        {
            ReadOnlySpan<float> row = values.Slice(4 * i, 4);
            if (!float.IsFinite(row[0]) || !float.IsFinite(row[3])) throw new InvalidDataException("The model's logits are not finite.");
            into[i] = new TokenStatistics(MathF.Min(row[0], 0), (int)row[1], MathF.Max(row[2], 0), MathF.Max(row[3], 0));
        }
    }

    /// <summary>The targets' logits as float32 dot products (n): bfloat16 logits are off by up to 1.6e-2, these are not.</summary>
    private Tensor TargetLogits(Tensor states, ReadOnlySpan<int> targets)
    {
        Tensor ids = tensor([.. targets.ToArray().Select(id => (long)id)], device: states.device);
        Tensor weights = head.index_select(0, ids).to(ScalarType.Float32);              // (n, W)
        return (states.narrow(0, 0, targets.Length).to(ScalarType.Float32) * weights).sum(-1); // (n)
    }
}
