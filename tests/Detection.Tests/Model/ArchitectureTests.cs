using System.Text.Json;
using System.Text.Json.Nodes;
using Detection.Checkpoints;
using Detection.Model;

namespace Detection.Tests.Model;

public sealed class ArchitectureTests
{
    [Theory]
    [InlineData("hidden_size", null)]
    [InlineData("hidden_size", "0")]
    [InlineData("num_hidden_layers", "1e9")]
    [InlineData("num_key_value_heads", "3")]
    [InlineData("head_dim", "7")]
    [InlineData("hidden_act", "\"relu9\"")]
    [InlineData("rms_norm_eps", "-1")]
    [InlineData("tie_word_embeddings", "1")]
    [InlineData("model_type", "\"rwkv\"")]
    public void A_config_field_that_does_not_fit_is_refused_by_name(string field, string? value)
    {
        using TinyModel tiny = TinyModel.Llama();
        Change(tiny, config => _ = value is null ? config.Remove(field) : Set(config, field, value));
        using Checkpoint checkpoint = tiny.Open();
        Assert.Equal(field, Assert.Throws<CheckpointException>(() => TokenScorer.Load(checkpoint, new TokenScorerOptions())).Field);
    }

    [Fact]
    public void A_position_rule_that_is_not_known_is_refused_by_name()
    {
        using TinyModel tiny = TinyModel.Llama();
        Change(tiny, config => config["rope_scaling"] = new JsonObject { ["rope_type"] = "spiral", ["factor"] = 2 });
        using Checkpoint checkpoint = tiny.Open();
        Assert.Equal("rope_scaling.rope_type", Assert.Throws<CheckpointException>(() => Architecture.Read(checkpoint)).Field);
    }

    [Fact]
    public void A_weight_of_another_shape_than_the_config_says_is_refused_by_name()
    {
        using TinyModel tiny = TinyModel.Llama();
        Change(tiny, config => config["intermediate_size"] = 57);
        using Checkpoint checkpoint = tiny.Open();
        Assert.Equal("model.layers.0.mlp.gate_proj.weight", Assert.Throws<CheckpointException>(() => TokenScorer.Load(checkpoint, new TokenScorerOptions())).Field);
    }

    [Fact]
    public void Llama3_scaling_keeps_short_waves_and_stretches_long_ones()
    {
        using TinyModel tiny = TinyModel.Llama();
        Change(tiny, config => config["rope_parameters"] = new JsonObject
        {
            ["rope_type"] = "llama3",
            ["rope_theta"] = 10000,
            ["factor"] = 8,
            ["low_freq_factor"] = 1,
            ["high_freq_factor"] = 4,
            ["original_max_position_embeddings"] = 64,
        });
        using Checkpoint checkpoint = tiny.Open();
        IReadOnlyList<float> divisors = Architecture.Read(checkpoint).Rotary!.Divisors!;
        Assert.Equal(1, divisors[0]);
        Assert.Equal(8, divisors[^1]);
    }

    private static bool Set(JsonObject config, string field, string value)
    {
        config[field] = JsonNode.Parse(value);
        return true;
    }

    private static void Change(TinyModel tiny, Action<JsonObject> change)
    {
        string path = Path.Combine(tiny.Path, "config.json");
        JsonObject config = JsonSerializer.Deserialize<JsonObject>(File.ReadAllBytes(path))!;
        change(config);
        File.WriteAllText(path, config.ToJsonString());
    }
}
