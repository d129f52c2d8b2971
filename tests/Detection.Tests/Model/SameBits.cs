using Detection.Checkpoints;
using Detection.Model;

namespace Detection.Tests.Model;

/// <summary>Holds every score and pooled state of a sequence, bit for bit, against what it gets in other company.</summary>
internal static class SameBits
{
    public static void Check(Checkpoint checkpoint, string dtype, int[][] sequences, PoolingPlan plan)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        ReadOnlyMemory<int>[] all = [.. sequences.Select(ids => (ReadOnlyMemory<int>)ids)];
        TokenScores[] alone;
        using (TokenScorer scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Dtype = dtype, Threads = 1 }))
        {
            alone = [.. all.Select(ids => scorer.Score([ids], plan, cancel)[0])];
            Equal(alone, scorer.Score(all, plan, cancel));
        }
        using (TokenScorer scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Dtype = dtype, Threads = 2 }))
        {
            Equal(alone, scorer.Score(all, plan, cancel));
            int[] order = [.. Enumerable.Range(0, all.Length)];
            for (int seed = 0; seed < 3; seed++)
            {
                new Random(seed).Shuffle(order);
                int[] some = order[..(all.Length / (seed + 1))];
                Equal([.. some.Select(i => alone[i])], scorer.Score([.. some.Select(i => all[i])], plan, cancel));
            }
        }
    }

    private static void Equal(IReadOnlyList<TokenScores> expected, IReadOnlyList<TokenScores> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i].Rank, actual[i].Rank);
            Assert.True(Bits(expected[i]).SequenceEqual(Bits(actual[i])), $"Sequence {i} of {expected[i].LogProb.Length + 1} tokens has other bits.");
        }
    }

    private static IEnumerable<int> Bits(TokenScores scores) =>
        new[] { scores.LogProb, scores.Entropy, scores.Variance, scores.Pooled, scores.Projected }.SelectMany(values => values.Select(BitConverter.SingleToInt32Bits));
}
