using CsCheck;
using Detection.Checkpoints;

namespace Detection.Tests.Checkpoints;

public sealed class QuantiserTests
{
    private static readonly Gen<float[]> Blocks = Gen.Float[-8, 8].Array[32, 160].Select(values => values[..(values.Length / 32 * 32)]);

    [Theory]
    [InlineData(TensorType.Q8_0, 127)]
    [InlineData(TensorType.Q4_1, 7.5)]
    public void A_value_is_moved_by_at_most_about_half_a_step(TensorType type, double steps) => Blocks.Sample(values =>
    {
        float[] rounded = [.. values];
        Quantiser.Round(type, rounded);
        for (int i = 0; i < values.Length; i++)
        {
            var block = values.AsSpan(i / 32 * 32, 32).ToArray();
            double span = type == TensorType.Q8_0 ? block.Max(Math.Abs) : (block.Max() - block.Min()) / 2;
            // Scale and minimum are halves: up to 2⁻¹¹ of what they scale is lost with them.
            Assert.InRange(rounded[i] - values[i], -(0.51 * span / steps) - 0.012, (0.51 * span / steps) + 0.012);
        }
    }, iter: 300);

    [Fact]
    public void What_was_stored_is_stored_the_same_again() => Blocks.Sample(values =>
    {
        foreach (TensorType type in new[] { TensorType.Q8_0, TensorType.Q4_1 })
        {
            float[] once = [.. values];
            Quantiser.Round(type, once);
            float[] twice = [.. once];
            Quantiser.Round(type, twice);
            // The largest value of a block may itself have been rounded: then the step shrinks by less than what a half can tell.
            for (int i = 0; i < once.Length; i++) Assert.InRange(twice[i] - once[i], -0.01, 0.01);
        }
    }, iter: 300);

    [Fact]
    public void A_block_of_one_value_keeps_it()
    {
        float[] same = [.. Enumerable.Repeat(0.5f, 32)];
        Quantiser.Round(TensorType.Q4_1, same);
        Assert.All(same, value => Assert.Equal(0.5f, value));
        float[] zero = new float[32];
        Quantiser.Round(TensorType.Q8_0, zero);
        Assert.All(zero, value => Assert.Equal(0, value));
    }

    [Fact]
    public void Types_and_counts_that_are_not_written_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Quantiser.Round(TensorType.F16, new float[32]));
        Assert.Throws<ArgumentException>(() => Quantiser.Round(TensorType.Q8_0, new float[33]));
    }

    /// <summary>The blocks of a real model, made by llama.cpp, come out of a round trip as they were.</summary>
    [Fact]
    public void A_real_models_blocks_are_not_changed()
    {
        using var model = Checkpoint.Open(Repository.Shared("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf"));
        foreach (string name in new[] { "model.layers.0.mlp.down_proj.weight", "model.layers.3.self_attn.q_proj.weight", "model.layers.17.mlp.gate_proj.weight" })
        {
            float[] stored = new float[model.Tensors[name].Count];
            model.Read(name, stored);
            float[] again = [.. stored];
            Quantiser.Round(TensorType.Q4_1, again);
            Assert.True(stored.AsSpan().SequenceEqual(again), name);
        }
    }
}
