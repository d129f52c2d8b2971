using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>
/// What two models of one vocabulary say about a sequence of n tokens: q is the observer's (reference) distribution, p the
/// performer's (scoring).
/// </summary>
public sealed record PairScores
{
    /// <summary>What the performer alone says of the sequence.</summary>
    public required TokenScores Performer { get; init; }

    /// <summary>−Σ q ln p at all n positions, the last included although no token follows it (Binoculars, arXiv 2401.12070).</summary>
    public required float[] CrossEntropy { get; init; }

    /// <summary>Σ q (ln p)² − (Σ q ln p)² at the first n − 1 positions (Fast-DetectGPT with two models, arXiv 2310.05130).</summary>
    public required float[] Variance { get; init; }

    /// <summary>The performer's ln p(x_t | x_&lt;t) for tokens 1 … n − 1.</summary>
    public required float[] LogProb { get; init; }
}

/// <summary>
/// Scores sequences with two models at once, one forward pass of each. Vocabularies of unequal size are cut to the smaller before the softmax. The scorers stay
/// the caller's, and must be of one device and type.
/// </summary>
public sealed class PairScorer
{
    private readonly TokenScorer _observer;
    private readonly TokenScorer _performer;
    private readonly PackLadder _ladder;
    private readonly int _vocabulary;

    public PairScorer(TokenScorer observer, TokenScorer performer)
    {
        if (observer.Model.Device.ToString() != performer.Model.Device.ToString() || observer.Model.Type != performer.Model.Type)
            throw new ArgumentException("The two models are on different devices or of different types.", nameof(performer));
        (_observer, _performer, _ladder) = (observer, performer, PackLadder.Both(observer.Ladder, performer.Ladder));
        _vocabulary = Math.Min(observer.Vocabulary, performer.Vocabulary);
    }

    /// <summary>Longest sequence taken, in tokens.</summary>
    public int MaxTokens => Math.Min(_observer.MaxTokens, _performer.MaxTokens);

    /// <summary>Scores of each sequence, in the order given; the same bits in any batch.</summary>
    /// <exception cref="ArgumentException">A sequence is too long for one of the models, or holds a token outside its vocabulary.</exception>
    /// <param name="plan">Hidden states of the performer.</param>
    public IReadOnlyList<PairScores> Score(IReadOnlyList<ReadOnlyMemory<int>> sequences, PoolingPlan plan, CancellationToken cancel = default)
    {
        _observer.Check(sequences, PoolingPlan.None);
        _performer.Check(sequences, plan);
        TokenScores[] alone = _performer.Empty(sequences, plan);
        PairScores[] scores = [.. sequences.Select((ids, i) => new PairScores
        {
            Performer = alone[i],
            CrossEntropy = new float[ids.Length],
            Variance = new float[Math.Max(0, ids.Length - 1)],
            LogProb = new float[Math.Max(0, ids.Length - 1)],
        })];
        _performer.Lanes.Run([.. Packing.Plan(sequences, _ladder, _performer.Lanes.Count).Select(pack => (Action)(() => ScorePack(pack, plan, alone, scores, cancel)))]);
        return scores;
    }

    private void ScorePack(Pack pack, PoolingPlan plan, TokenScores[] alone, PairScores[] scores, CancellationToken cancel)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor performed = _performer.Fill(pack, plan, alone, cancel), observed = _observer.Model.Forward(pack, (_, _) => { }, cancel); // (R, W), (R, W')
        (int Sequence, int Position, int Next)[] places = [.. pack.Segments.SelectMany(segment => Enumerable.Range(0, segment.Length)
            .Select(i => (segment.Sequence, i, i + 1 < segment.Length ? pack.Tokens(segment)[i + 1] : -1)))]; // one a row
        for (int start = 0; start < places.Length;)
        {
            cancel.ThrowIfCancellationRequested();
            using DisposeScope chunk = NewDisposeScope();
            int size = _ladder.ChunkFor(places.Length - start), count = Math.Min(size, places.Length - start);
            Tensor rows = tensor([.. Enumerable.Range(start, size).Select(row => row < places.Length ? (long)row : 0)], device: observed.device);
            ReadOnlySpan<float> q = Logits(_observer, observed, rows), p = Logits(_performer, performed, rows);
            for (int i = 0; i < count; i++)
            {
                (int sequence, int position, int next) = places[start + i];
                (float mean, float variance, float logProb) =
                    LogitStatistics.OfPair(q.Slice(i * _vocabulary, _vocabulary), p.Slice(i * _vocabulary, _vocabulary), Math.Max(next, 0));
                scores[sequence].CrossEntropy[position] = -mean;
                if (next >= 0) (scores[sequence].Variance[position], scores[sequence].LogProb[position]) = (variance, logProb);
            }
            start += count;
        }
    }

    /// <summary>(S, V) as float32 in main memory, the vocabulary cut.</summary>
    private ReadOnlySpan<float> Logits(TokenScorer scorer, Tensor hidden, Tensor rows)
    {
        Tensor logits = nn.functional.linear(hidden.index_select(0, rows), scorer.Model.Head).narrow(1, 0, _vocabulary);
        return MemoryMarshal.Cast<byte, float>(logits.to(ScalarType.Float32).cpu().contiguous().bytes);
    }
}
