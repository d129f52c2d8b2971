using System.Text.Json;
using Detection.Checkpoints;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Model;
using Detection.Tests.Learning;
using Detection.Text;

namespace Detection.Tests.Detectors;

[Collection(TinyBundleTests.Name)]
public sealed class ObserverModelTests(TinyBundle tiny)
{
    private static readonly Message[] Messages =
    [
        new Message { Id = "1", Text = "Dear customer, your account is locked. Verify your password now or lose it today!", Channel = Channel.Email },
        new Message { Id = "2", Text = "", Channel = Channel.Other },
        new Message { Id = "3", Text = string.Join(' ', Enumerable.Range(0, 90).Select(i => $"the rain fell on street {i}.")), Channel = Channel.Document },
    ];

    [Fact]
    public void A_verdict_has_the_criteria_of_two_models_and_is_else_the_same_but_for_its_config()
    {
        using var model = TinyModel.Gpt2(seed: 4);
        using var pipeline = tiny.Open();
        using var observed = tiny.Open(new PipelineOptions { Observer = new ModelSource("second", model.Path, null) });
        var alone = pipeline.Judge(Messages, TestContext.Current.CancellationToken);
        var together = observed.Judge(Messages, TestContext.Current.CancellationToken);
        Assert.NotEqual(pipeline.Config, observed.Config);
        for (int i = 0; i < Messages.Length; i++)
        {
            foreach (string criterion in new[] { "binoculars", "fast_detectgpt_two" })
            {
                Assert.Null(alone[i].Criteria[criterion]);
                Assert.Equal(i == 1, together[i].Criteria[criterion] is null);
            }
            Assert.Equal(Json(alone[i]), Json(together[i] with { Config = alone[i].Config, Criteria = new Dictionary<string, double?>(together[i].Criteria) { ["binoculars"] = null, ["fast_detectgpt_two"] = null } }));
        }
        Assert.Equal(Expected(model, tiny.Bundle.BasePath, Messages[0].Text!), together[0].Criteria["binoculars"]!.Value, 1e-4);
    }

    [Fact]
    public void Another_vocabulary_is_refused_by_its_first_difference()
    {
        using var model = TinyModel.Llama();
        string file = Path.Combine(model.Path, "tokenizer.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("|endoftext|", "|end|", StringComparison.Ordinal));
        var refused = Assert.Throws<BundleException>(() => tiny.Open(new PipelineOptions { Observer = new ModelSource("second", model.Path, null) }));
        Assert.Contains("another vocabulary: token 266 is '<|endoftext|>' in one and '<|end|>' in the other", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_context_shorter_than_the_messages_is_refused()
    {
        using var model = TinyModel.Llama();
        string file = Path.Combine(model.Path, "config.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"max_position_embeddings\":1024", "\"max_position_embeddings\":128", StringComparison.Ordinal));
        var refused = Assert.Throws<BundleException>(() => tiny.Open(new PipelineOptions { Observer = new ModelSource("second", model.Path, null) }));
        Assert.Contains("reads at most 128 tokens", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>By the plain path: mean −ln p of the performer, over the mean of −Σ q ln p at all positions.</summary>
    private static double Expected(TinyModel observer, string performer, string text)
    {
        using Checkpoint first = observer.Open(), second = Checkpoint.Open(performer);
        using PlainLanguageModel q = new(first), p = new(second);
        int[] ids = new Tokenizer(second.Tokenizer!.Value, second.Config).Encode(JudgedText.From(text).Text).Ids;
        float[] lnQ = q.LogProbs(ids), lnP = p.LogProbs(ids);
        double cross = -lnQ.Zip(lnP, (one, other) => Math.Exp(one) * other).Sum() / ids.Length;
        return -Enumerable.Range(0, ids.Length - 1).Average(i => lnP[i * TinyModel.Vocabulary + ids[i + 1]]) / cross;
    }

    private static string Json(JudgedMessage judged) => JsonSerializer.Serialize(judged, ContractJson.Options);
}
