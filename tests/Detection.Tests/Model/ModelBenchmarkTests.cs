using Detection.Checkpoints;
using Detection.Model;

namespace Detection.Tests.Model;

/// <summary>Run by themselves: measuring the other matrix library switches it for the whole process.</summary>
[CollectionDefinition(nameof(ModelBenchmarkTests), DisableParallelization = true)]
public sealed class AloneInTheProcess;

[Collection(nameof(ModelBenchmarkTests))]
public sealed class ModelBenchmarkTests
{
    [Fact]
    public void A_model_is_measured_beside_the_machine_and_the_plain_path()
    {
        using TinyModel tiny = TinyModel.Llama();
        using Checkpoint checkpoint = tiny.Open();
        using TinyModel other = TinyModel.Gpt2();
        using Checkpoint observer = other.Open();
        ModelBenchmark result = ModelBenchmark.Measure(checkpoint, new TokenScorerOptions { Threads = 1 },
            [.. TinyModel.Sequences(9, 30, 60).Select(ids => (ReadOnlyMemory<int>)ids)], rounds: 1, observer, cancel: TestContext.Current.CancellationToken);
        Assert.True(result.TokensPerSecond > 0 && result.PlainTokensPerSecond > 0 && result.PeakShare > 0 && result.PeakMemory > 0 && result.PairTokensPerSecond > 0);
        Assert.Equal((2, 90), (result.Messages, result.Tokens));
        Assert.Equal(24, result.LoneMessageRows);
        Assert.Equal(2 * (2 * (32 * 32 * 2 + 32 * 16 * 2 + 3 * 32 * 56) + 32 * TinyModel.Vocabulary), result.OperationsPerToken);
    }

    [Fact]
    public void The_fastest_type_is_one_that_the_machine_computes()
    {
        Assert.Contains(DtypeChoice.MeasureFastest(), DtypeChoice.Supported);
        Assert.Equal("float32", DtypeChoice.MeasureFastest(["float32"]));
    }

    [Fact]
    public void The_switch_to_the_faster_library_keeps_the_precision_of_float32()
    {
        bool used = OneDnn.Use();
        Assert.Equal(used, OneDnn.Use());
        Assert.Equal(3, OneDnn.Without(() => 3));
    }
}
