using System.IO.Compression;
using System.Text.Json;
using Detection.Detectors.Criteria;

namespace Detection.Tests.Detectors;

public sealed class ZeroShotTests
{
    private static readonly PredictedTokens Three = new([-1f, -2f, -3f], [0, 9, 99], [1f, 2f, 2f], [0.5f, 0.25f, 0.25f]);

    [Fact]
    public void The_criteria_of_three_tokens_are_those_worked_out_by_hand()
    {
        var criteria = ZeroShot.Measure(Three);
        Assert.Equal(-2, criteria["mean_loglik"]!.Value, 1e-12);
        Assert.Equal((1 + 10 + 100) / 3.0, criteria["mean_rank"]!.Value, 1e-12);
        Assert.Equal(Math.Log(1000) / 3, criteria["mean_logrank"]!.Value, 1e-12);
        Assert.Equal(6 / Math.Log(1000), criteria["lrr"]!.Value, 1e-12);
        Assert.Equal(-1, criteria["fast_detectgpt"]!.Value, 1e-12);
        Assert.Equal(2 / 3.0, criteria["gltr10"]!.Value, 1e-12);
        Assert.Equal(1, criteria["gltr100"]!.Value, 1e-12);
        Assert.Equal(Math.Sqrt(2 / 3.0), criteria["surprisal_std"]!.Value, 1e-12);
        Assert.Equal(1.5, criteria["surprisal_p25"]!.Value, 1e-12);
        Assert.Null(criteria["binoculars"]);
        Assert.Null(criteria["fast_detectgpt_two"]);
    }

    [Fact]
    public void Two_models_give_a_ratio_and_a_standardised_difference()
    {
        // The ratio divides by the cross-entropy of all four positions, the difference takes the three that predict a token.
        var criteria = ZeroShot.Measure(Three with { Second = new SecondModel([3f, 4f, 5f, 4f], [-1f, -2f, -3f], [1f, 2f, 6f]) });
        Assert.Equal(2 / 4.0, criteria["binoculars"]!.Value, 1e-12);
        Assert.Equal((-6 + 12) / 3.0, criteria["fast_detectgpt_two"]!.Value, 1e-12);
        Assert.Null(ZeroShot.Measure(Three with { Second = new SecondModel([3f, 4f, 5f, 4f], [-1f, -2f, -3f], [0f, 0f, 0f]) })["fast_detectgpt_two"]);
    }

    [Fact]
    public void A_text_without_predictions_has_null_criteria() => Assert.All(ZeroShot.Measure(PredictedTokens.None).Values, value => Assert.Null(value));

    [Fact]
    public void A_text_of_first_choices_has_no_log_rank_ratio_and_a_certain_one_no_discrepancy()
    {
        var criteria = ZeroShot.Measure(new PredictedTokens([-0f], [0], [0f], [0f]));
        Assert.Null(criteria["lrr"]);
        Assert.Null(criteria["fast_detectgpt"]);
        Assert.Equal(0, criteria["mean_logrank"]);
    }

    [Theory]
    [InlineData("no_bos")]
    [InlineData("bos")]
    public void Criteria_of_the_stored_token_scores_equal_the_reference(string form)
    {
        var expected = File.ReadLines(Repository.Shared("reference", "smollm2", "criteria.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        using var packed = new GZipStream(File.OpenRead(Repository.Shared("reference", "smollm2", "scores.jsonl.gz")), CompressionMode.Decompress);
        using var lines = new StreamReader(packed);
        foreach (var row in expected)
        {
            var scores = JsonDocument.Parse(lines.ReadLine()!).RootElement;
            Assert.Equal(row.GetProperty("id").GetString(), scores.GetProperty("id").GetString());
            var actual = ZeroShot.Measure(Read(scores.GetProperty(form)));
            foreach (var (name, value) in actual)
                if (row.GetProperty(form).TryGetProperty(name, out var reference) && reference.ValueKind == JsonValueKind.Number)
                    Assert.True(Math.Abs(reference.GetDouble() - value!.Value) <= 2e-4 + 2e-4 * Math.Abs(reference.GetDouble()), $"{row.GetProperty("id")} {name}: {value} is not {reference}");
                else Assert.Null(value);
        }
    }

    private static PredictedTokens Read(JsonElement scores)
    {
        float[] Floats(string name) => [.. scores.GetProperty(name).EnumerateArray().Select(value => value.GetSingle())];
        return new PredictedTokens(Floats("logprob"), [.. scores.GetProperty("rank").EnumerateArray().Select(rank => rank.GetInt32())], Floats("entropy"), Floats("var_logp"));
    }
}
