using Detection.Checkpoints;
using Detection.Model;

namespace Detection.Tests.Model;

public sealed class TokenScorerTests
{
    private static readonly PoolingPlan FinalState = new([2], [Pooling.Mean, Pooling.Last]);
    private static readonly int[] Lengths = [40, 2, 7, 300, 1, 20, 129, 64, 33, 610];

    [Theory]
    [InlineData("llama", true)]
    [InlineData("llama", false)]
    [InlineData("gpt2", true)]
    [InlineData("gpt2", false)]
    public void Scores_equal_those_of_the_plain_path(string family, bool fused)
    {
        using TinyModel tiny = Tiny(family);
        using Checkpoint checkpoint = tiny.Open();
        using PlainLanguageModel plain = new(checkpoint);
        using TokenScorer scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Threads = 2 }, fused);
        int[][] sequences = TinyModel.Sequences(3, Lengths);
        IReadOnlyList<TokenScores> actual = scorer.Score(Memories(sequences), FinalState, TestContext.Current.CancellationToken), expected = plain.Score(sequences);
        for (int i = 0; i < sequences.Length; i++)
        {
            Near(expected[i].LogProb, actual[i].LogProb, 1e-4);
            Near(expected[i].Entropy, actual[i].Entropy, 1e-4);
            Near(expected[i].Variance, actual[i].Variance, 1e-3);
            Near(expected[i].Pooled, actual[i].Pooled, 1e-4);
            Assert.Equal(expected[i].Rank.Length, actual[i].Rank.Length);
            Assert.All(expected[i].Rank.Zip(actual[i].Rank), pair => Assert.InRange(pair.Second, pair.First - 1, pair.First + 1));
        }
    }

    [Theory]
    [InlineData("llama", "float32")]
    [InlineData("gpt2", "float32")]
    [InlineData("llama", "bfloat16")]
    public void A_sequence_has_the_same_bits_alone_in_any_batch_and_with_any_number_of_threads(string family, string dtype)
    {
        using TinyModel tiny = Tiny(family);
        using Checkpoint checkpoint = tiny.Open();
        SameBits.Check(checkpoint, dtype, TinyModel.Sequences(4, [.. Lengths, .. Enumerable.Range(1, 40).Select(i => 5 * i)]),
            new PoolingPlan([0, 1, 2], [Pooling.Mean, Pooling.Last]) { Projections = [new Projection(0, Direction(1)), new Projection(2, Direction(2))] });
    }

    [Fact]
    public void Pooled_states_lie_as_the_plan_says()
    {
        using TinyModel tiny = TinyModel.Llama();
        using Checkpoint checkpoint = tiny.Open();
        using TokenScorer scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Threads = 1 });
        int[] ids = TinyModel.Sequences(5, 9)[0];
        PoolingPlan plan = new([2, 0], [Pooling.Last, Pooling.Mean]);
        float[] pooled = One(scorer, ids, plan).Pooled;
        Assert.Equal(plan.Length(scorer.Width), pooled.Length);
        Assert.Equal(One(scorer, ids, new PoolingPlan([0], [Pooling.Mean])).Pooled, pooled[plan.Offset(1, 1, scorer.Width)..]);
        float[] embedding = new float[checkpoint.Tensors["model.embed_tokens.weight"].Count];
        checkpoint.Read("model.embed_tokens.weight", embedding);
        Assert.Equal(embedding.AsSpan(ids[^1] * scorer.Width, scorer.Width), pooled.AsSpan(plan.Offset(1, 0, scorer.Width), scorer.Width));
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gpt2")]
    public void A_projection_is_one_number_a_token_of_its_state_with_a_direction(string family)
    {
        using TinyModel tiny = Tiny(family);
        using Checkpoint checkpoint = tiny.Open();
        using TokenScorer scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Threads = 2 });
        int[] ids = TinyModel.Sequences(8, 70)[0];
        PoolingPlan plan = new([], []) { Projections = [new Projection(2, Direction(3)), new Projection(1, Direction(4))] };
        float[] projected = scorer.Score(Memories([TinyModel.Sequences(9, 33)[0], ids]), plan, TestContext.Current.CancellationToken)[1].Projected;
        Assert.Equal(2 * ids.Length, projected.Length);
        // No token sees a later one: a token's state is the last of the text that ends with it.
        PoolingPlan last = new([2, 1], [Pooling.Last]);
        for (int i = 0; i < ids.Length; i++)
        {
            float[] states = One(scorer, ids[..(i + 1)], last).Pooled;
            for (int at = 0; at < 2; at++)
                Assert.Equal(states.Skip(at * scorer.Width).Zip(plan.Projections[at].Direction, (state, weight) => (double)state * weight).Sum(), projected[at * ids.Length + i], 1e-3);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(9, 5)]
    [InlineData(300, 150)]
    public void The_states_of_the_first_half_are_those_of_the_half_alone(int tokens, int half)
    {
        using TinyModel tiny = TinyModel.Llama();
        using Checkpoint checkpoint = tiny.Open();
        using TokenScorer scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Threads = 1 });
        int[] ids = TinyModel.Sequences(6, tokens)[0];
        Assert.Equal(half, PoolingPlan.FirstHalf(tokens));
        Near(One(scorer, ids[..half], new PoolingPlan([1, 2], [Pooling.Mean, Pooling.Last])).Pooled, One(scorer, ids, new PoolingPlan([1, 2], [Pooling.FirstHalfMean, Pooling.FirstHalfLast])).Pooled, 1e-4);
    }

    [Fact]
    public void Sequences_of_no_or_one_token_have_no_scores()
    {
        using TinyModel tiny = TinyModel.Llama();
        using Checkpoint checkpoint = tiny.Open();
        using TokenScorer scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Threads = 1 });
        IReadOnlyList<TokenScores> scores = scorer.Score(Memories([[], [5]]), FinalState, TestContext.Current.CancellationToken);
        Assert.All(scores, score => Assert.Empty(score.LogProb));
        Assert.All(scores[0].Pooled, value => Assert.Equal(0, value));
        Assert.Contains(scores[1].Pooled, value => value != 0);
        Assert.Empty(scorer.Score([], FinalState, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void What_does_not_fit_the_model_is_refused()
    {
        using TinyModel tiny = TinyModel.Llama();
        using Checkpoint checkpoint = tiny.Open();
        using TokenScorer scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Threads = 1, MaxTokens = 16 });
        Assert.Equal(16, scorer.MaxTokens);
        Assert.Throws<ArgumentException>(() => One(scorer, new int[17], PoolingPlan.None));
        Assert.Throws<ArgumentException>(() => One(scorer, [TinyModel.Vocabulary], PoolingPlan.None));
        Assert.Throws<ArgumentException>(() => One(scorer, [-1], PoolingPlan.None));
        Assert.Throws<ArgumentException>(() => One(scorer, [1], new PoolingPlan([3], [Pooling.Mean])));
        Assert.Throws<ArgumentException>(() => One(scorer, [1], PoolingPlan.None with { Projections = [new Projection(3, Direction(1))] }));
        Assert.Throws<ArgumentException>(() => One(scorer, [1], PoolingPlan.None with { Projections = [new Projection(1, new float[31])] }));
        Assert.Throws<ArgumentException>(() => TokenScorer.Load(checkpoint, new TokenScorerOptions { Dtype = "float64" }));
        Assert.Throws<ArgumentException>(() => TokenScorer.Load(checkpoint, new TokenScorerOptions { Device = "tpu" }));
    }

    [Fact]
    public void A_cancelled_call_ends_and_the_scorer_goes_on()
    {
        using TinyModel tiny = TinyModel.Llama();
        using Checkpoint checkpoint = tiny.Open();
        using TokenScorer scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Threads = 2 });
        Assert.ThrowsAny<OperationCanceledException>(() => scorer.Score(Memories(TinyModel.Sequences(6, 100, 200)), FinalState, new CancellationToken(true)));
        Assert.Equal(4, One(scorer, [1, 2, 3, 4, 5], FinalState).LogProb.Length);
    }

    private static TokenScores One(TokenScorer scorer, int[] ids, PoolingPlan plan) => scorer.Score([ids], plan, TestContext.Current.CancellationToken)[0];

    /// <summary>As wide as the tiny models.</summary>
    private static float[] Direction(int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, 32).Select(_ => (float)(random.NextDouble() - 0.5))];
    }

    private static TinyModel Tiny(string family) => family == "llama" ? TinyModel.Llama() : TinyModel.Gpt2();

    private static ReadOnlyMemory<int>[] Memories(int[][] sequences) => [.. sequences.Select(ids => (ReadOnlyMemory<int>)ids)];

    private static void Near(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance);
    }
}
