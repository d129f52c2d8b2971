using Detection.Learning.Pretraining;
using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Tests.Learning.Pretraining;

public sealed class TrainableLlamaTests
{
    private static readonly LlamaShape Shape = new() { Vocabulary = 300, Width = 32, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForward = 48, Context = 300 };

    /// <summary>300 tokens are three blocks of queries, 600 rows three blocks of the head.</summary>
    [Fact]
    public void The_written_out_gradient_is_that_of_the_loss()
    {
        using var scope = NewDisposeScope();
        using var model = new TrainableLlama(Shape, ScalarType.Float32, seed: 3);
        var (ids, targets) = (Ids(1), Ids(2));
        var loss = model.Loss(ids, targets);
        loss.backward();
        var expected = model.Weights.ToDictionary(one => one.Key, one => one.Value.grad!.clone());
        foreach (var weight in model.Weights.Values) weight.grad!.zero_();
        Assert.Equal(loss.item<float>(), model.Backward(ids, targets), 1e-5);
        Assert.All(model.Weights, one => Assert.True(one.Value.grad!.allclose(expected[one.Key], rtol: 1e-3, atol: 1e-6), one.Key));
    }

    [Fact]
    public void No_token_sees_those_after_it()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var model = new TrainableLlama(Shape, ScalarType.Float32, seed: 3);
        var (ids, targets) = (Ids(1), Ids(2));
        var before = model.Loss(ids, targets, reduce: false).view(2, 300);
        var changed = ids.clone();
        changed[TensorIndex.Colon, 200] = (ids[TensorIndex.Colon, 200] + 1) % 300;
        var after = model.Loss(changed, targets, reduce: false).view(2, 300);
        Assert.True(before.narrow(1, 0, 200).allclose(after.narrow(1, 0, 200), rtol: 0, atol: 1e-5));
        Assert.False(before.narrow(1, 200, 100).allclose(after.narrow(1, 200, 100), rtol: 0, atol: 1e-5));
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights()
    {
        using var one = new TrainableLlama(Shape, ScalarType.Float32, seed: 3);
        using var same = new TrainableLlama(Shape, ScalarType.Float32, seed: 3);
        using var other = new TrainableLlama(Shape, ScalarType.Float32, seed: 4);
        Assert.All(one.Weights, weight => Assert.True(weight.Value.equal(same.Weights[weight.Key]).all().item<bool>()));
        Assert.False(one.Weights["model.embed_tokens.weight"].equal(other.Weights["model.embed_tokens.weight"]).all().item<bool>());
    }

    private static Tensor Ids(ulong seed)
    {
        using var generator = new Generator(seed, torch.CPU);
        return randint(0, 300, [2, 300], dtype: ScalarType.Int64, generator: generator);
    }
}
