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
        IReadOnlyList<PairScores> scores = pair.Score([.. sequences.Select(ids => (ReadOnlyMemory<int>)ids)], PoolingPlan.None, TestContext.Current.CancellationToken);
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
            Assert.Equal(scores[s].CrossEntropy, pair.Score([ids], PoolingPlan.None, TestContext.Current.CancellationToken)[0].CrossEntropy); // the same bits alone
        }
    }

    [Fact]
    public void The_performer_says_what_it_says_alone_to_the_bit()
    {
        using TinyModel first = TinyModel.Gpt2(), second = TinyModel.Llama();
        using Checkpoint observer = first.Open(), performer = second.Open();
        using TokenScorer scorerObserver = TokenScorer.Load(observer, new TokenScorerOptions { Threads = 1 });
        using TokenScorer scorerPerformer = TokenScorer.Load(performer, new TokenScorerOptions { Threads = 2 });
        ReadOnlyMemory<int>[] sequences = [.. TinyModel.Sequences(9, 3, 80, 0, 300, 1, 25).Select(ids => (ReadOnlyMemory<int>)ids)];
        PoolingPlan plan = new([1, 2], [Pooling.Mean, Pooling.Last]);
        IReadOnlyList<PairScores> pairs = new PairScorer(scorerObserver, scorerPerformer).Score(sequences, plan, TestContext.Current.CancellationToken);
        IReadOnlyList<TokenScores> alone = scorerPerformer.Score(sequences, plan, TestContext.Current.CancellationToken);
        for (int i = 0; i < sequences.Length; i++)
        {
            Assert.Equal(alone[i].LogProb, pairs[i].Performer.LogProb);
            Assert.Equal(alone[i].Rank, pairs[i].Performer.Rank);
            Assert.Equal(alone[i].Entropy, pairs[i].Performer.Entropy);
            Assert.Equal(alone[i].Variance, pairs[i].Performer.Variance);
            Assert.Equal(alone[i].Pooled, pairs[i].Performer.Pooled);
        }
    }

    [Fact]
    public void The_135m_model_beside_itself_has_the_reference_s_entropy_as_cross_entropy()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Repository.Shared("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf"));
        using TokenScorer scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions());
        (int[] Ids, float[] Entropy)[] texts = [.. ReferenceScoresTests.SmolLm2Texts().Select(text => (ReferenceScoresTests.Ints(text, "ids"), ReferenceScoresTests.Floats(text.GetProperty("no_bos"), "entropy")))
            .Where(text => text.Item1.Length is > 1 and < 120).Take(6)];
        IReadOnlyList<PairScores> scores = new PairScorer(scorer, scorer).Score([.. texts.Select(text => (ReadOnlyMemory<int>)text.Ids)], PoolingPlan.None, TestContext.Current.CancellationToken);
        Assert.Equal(6, texts.Length);
        for (int i = 0; i < texts.Length; i++)
            for (int t = 0; t < texts[i].Entropy.Length; t++) Assert.Equal(texts[i].Entropy[t], scores[i].CrossEntropy[t], 1e-3);
    }

    [Fact]
    public void A_model_paired_with_itself_has_its_own_entropy()
    {
        using TinyModel tiny = TinyModel.Gpt2();
        using Checkpoint checkpoint = tiny.Open();
        using TokenScorer scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Threads = 1 });
        int[] ids = TinyModel.Sequences(8, 50)[0];
        PairScores pair = new PairScorer(scorer, scorer).Score([ids], PoolingPlan.None, TestContext.Current.CancellationToken)[0];
        TokenScores alone = scorer.Score([ids], PoolingPlan.None, TestContext.Current.CancellationToken)[0];
        for (int i = 0; i < 49; i++) Assert.Equal(alone.Entropy[i], pair.CrossEntropy[i], 1e-4);
    }
}
