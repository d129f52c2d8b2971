using Detection.Checkpoints;
using Detection.Model;

namespace Detection.Tests.Model;

public sealed class PairScorerTests
{
    [Fact]
    public void Two_models_give_what_their_plain_distributions_give()
    {
        using TinyModel first = TinyModel.Llama(seed: 1), second = TinyModel.Llama(seed: 2);
        using Checkpoint observer = first.Open(), performer = second.Open();
        using PlainLanguageModel plainObserver = new(observer), plainPerformer = new(performer);
        using TokenScorer scorerObserver = TokenScorer.Load(observer, new TokenScorerOptions { Threads = 1 });
        using TokenScorer scorerPerformer = TokenScorer.Load(performer, new TokenScorerOptions { Threads = 1 });
        int[][] sequences = TinyModel.Sequences(7, 30, 1, 75, 0, 200);
        PairScorer pair = new(scorerObserver, scorerPerformer);
        IReadOnlyList<PairScores> scores = pair.Score([.. sequences.Select(ids => (ReadOnlyMemory<int>)ids)], TestContext.Current.CancellationToken);
        for (int s = 0; s < sequences.Length; s++)
        {
            int[] ids = sequences[s];
            Assert.Equal(ids.Length, scores[s].CrossEntropy.Length);
            if (ids.Length == 0) continue;
            float[] lnQ = plainObserver.LogProbs(ids), lnP = plainPerformer.LogProbs(ids);
            for (int i = 0; i < ids.Length; i++)
            {
                double mean = 0, square = 0;
                for (int v = i * TinyModel.Vocabulary; v < (i + 1) * TinyModel.Vocabulary; v++)
                {
                    mean += Math.Exp(lnQ[v]) * lnP[v];
                    square += Math.Exp(lnQ[v]) * lnP[v] * lnP[v];
                }
                Assert.Equal(-mean, scores[s].CrossEntropy[i], 1e-3);
                if (i + 1 == ids.Length) continue;
                Assert.Equal(square - mean * mean, scores[s].Variance[i], 1e-2);
                Assert.Equal(lnP[i * TinyModel.Vocabulary + ids[i + 1]], scores[s].LogProb[i], 1e-3);
            }
            Assert.Equal(scores[s].CrossEntropy, pair.Score([ids], TestContext.Current.CancellationToken)[0].CrossEntropy); // the same bits alone
        }
    }

    [Fact]
    public void A_model_paired_with_itself_has_its_own_entropy()
    {
        using TinyModel tiny = TinyModel.Gpt2();
        using Checkpoint checkpoint = tiny.Open();
        using TokenScorer scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Threads = 1 });
        int[] ids = TinyModel.Sequences(8, 50)[0];
        PairScores pair = new PairScorer(scorer, scorer).Score([ids], TestContext.Current.CancellationToken)[0];
        TokenScores alone = scorer.Score([ids], PoolingPlan.None, TestContext.Current.CancellationToken)[0];
        for (int i = 0; i < 49; i++) Assert.Equal(alone.Entropy[i], pair.CrossEntropy[i], 1e-4);
    }
}
