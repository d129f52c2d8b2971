using System.IO.Compression;
using System.Text.Json;
using Detection.Checkpoints;
using Detection.Model;

namespace Detection.Tests.Model;

/// <summary>The numbers that transformers gives (tests/golden has none: the files are shared reference data).</summary>
public sealed class ReferenceScoresTests
{
    [Fact]
    public void Every_token_of_the_135m_reference_is_met_in_float32()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Repository.Shared("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf"));
        using TokenScorer scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions());
        List<(string Id, ReadOnlyMemory<int> Ids, JsonElement Expected)> cases = [];
        foreach (JsonElement text in SmolLm2Texts())
        {
            int[] ids = Ints(text, "ids");
            cases.Add((Name(text) + " no_bos", ids, text.GetProperty("no_bos")));
            cases.Add((Name(text) + " bos", new[] { 1 }.Concat(ids).ToArray(), text.GetProperty("bos")));
        }
        IReadOnlyList<TokenScores> scores = scorer.Score([.. cases.Select(item => item.Ids)], PoolingPlan.None, TestContext.Current.CancellationToken);
        int tokens = 0, equalRanks = 0;
        for (int i = 0; i < cases.Count; i++)
        {
            float[] logProb = Floats(cases[i].Expected, "logprob"), entropy = Floats(cases[i].Expected, "entropy"), variance = Floats(cases[i].Expected, "var_logp");
            int[] rank = Ints(cases[i].Expected, "rank");
            Assert.Equal(logProb.Length, scores[i].LogProb.Length);
            for (int t = 0; t < logProb.Length; t++, tokens++)
            {
                double tolerance = t < 1_000 ? 5e-4 : 1e-3;
                Assert.True(Math.Abs(logProb[t] - scores[i].LogProb[t]) <= tolerance, $"{cases[i].Id} token {t}: ln p {scores[i].LogProb[t]}, not {logProb[t]}");
                Assert.True(Math.Abs(entropy[t] - scores[i].Entropy[t]) <= tolerance, $"{cases[i].Id} token {t}: entropy {scores[i].Entropy[t]}, not {entropy[t]}");
                Assert.True(Math.Abs(variance[t] - scores[i].Variance[t]) <= 2e-3, $"{cases[i].Id} token {t}: variance {scores[i].Variance[t]}, not {variance[t]}");
                Assert.InRange(scores[i].Rank[t], rank[t] - 2 - rank[t] / 100, rank[t] + 2 + rank[t] / 100); // near-ties may swap
                if (rank[t] == scores[i].Rank[t]) equalRanks++;
            }
        }
        Assert.True(tokens > 17_000);
        Assert.True(equalRanks >= 0.995 * tokens, $"{equalRanks} of {tokens} ranks are equal.");
    }

    [Theory]
    [InlineData("float32")]
    [InlineData("bfloat16")]
    public void The_135m_model_gives_a_message_the_same_bits_in_any_company(string dtype)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Repository.Shared("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf"));
        if (!DtypeChoice.Supported.Contains(dtype)) dtype = "float32"; // without avx512_bf16 or AMX the type is not offered
        int[][] sequences = [.. SmolLm2Texts().Select(text => Ints(text, "ids")).Where(ids => ids.Length is > 1 and < 300).Take(14)];
        SameBits.Check(checkpoint, dtype, sequences, new PoolingPlan([10, 20, 30], [Pooling.Mean, Pooling.Last]));
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("gpt2_scaled_f16")]
    [InlineData("llama")]
    [InlineData("llama_gqa_llama3")]
    [InlineData("llama_v5config")]
    [InlineData("llama_linear_bias")]
    public void A_family_gives_the_reference_s_scores_and_hidden_states(string family)
    {
        JsonElement expected = Json(Repository.Shared("reference", "families", family, "expected.json"));
        using Checkpoint checkpoint = Checkpoint.Open(Repository.Shared("reference", "families", family));
        Check(checkpoint, expected.GetProperty("texts"), 1e-4);
    }

    [Theory]
    [InlineData("F32")]
    [InlineData("F16")]
    [InlineData("BF16")]
    [InlineData("Q8_0")]
    [InlineData("Q4_0")]
    [InlineData("Q4_1")]
    public void A_gguf_of_every_type_gives_the_reference_s_scores(string type)
    {
        JsonElement files = Json(Repository.Shared("reference", "gguf", "expected.json")).GetProperty("files");
        using Checkpoint checkpoint = Checkpoint.Open(Repository.Shared("reference", "gguf", $"tiny-llama.{type}.gguf"));
        Dictionary<string, int[]> ids = files.GetProperty("F32").GetProperty("texts").EnumerateArray().ToDictionary(Name, text => Ints(text, "ids"));
        Check(checkpoint, files.GetProperty(type).GetProperty("texts"), 1e-4, ids);
    }

    [Fact]
    public void Bfloat16_stays_near_the_float32_reference()
    {
        if (!DtypeChoice.Supported.Contains("bfloat16"))
        {
            // A processor without avx512_bf16 or AMX: the type is not offered.
            Assert.Equal(["float32"], DtypeChoice.Supported);
            return;
        }
        using Checkpoint checkpoint = Checkpoint.Open(Repository.Shared("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf"));
        using TokenScorer scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Dtype = "bfloat16" });
        // the edge cases are chaotic in any arithmetic (one word repeated, special tokens as text)
        JsonElement[] texts = [.. SmolLm2Texts().Where(text => Ints(text, "ids").Length is > 20 and < 250 && !Name(text).StartsWith("edge/", StringComparison.Ordinal))];
        IReadOnlyList<TokenScores> scores = scorer.Score([.. texts.Select(text => (ReadOnlyMemory<int>)Ints(text, "ids"))], PoolingPlan.None, TestContext.Current.CancellationToken);
        double[] differences = [.. texts.SelectMany((text, i) => Floats(text.GetProperty("no_bos"), "logprob").Zip(scores[i].LogProb, (a, b) => (double)Math.Abs(a - b)))];
        Assert.InRange(differences.Average(), 0, 0.1); // 6e-2 as measured with transformers
        for (int i = 0; i < texts.Length; i++) Assert.Equal(Floats(texts[i].GetProperty("no_bos"), "logprob").Average(), scores[i].LogProb.Average(), 0.1);
    }

    private static void Check(Checkpoint checkpoint, JsonElement texts, double tolerance, Dictionary<string, int[]>? ids = null)
    {
        using TokenScorer scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Threads = 1 });
        PoolingPlan plan = new([scorer.Layers], [Pooling.Mean, Pooling.Last]);
        foreach (JsonElement text in texts.EnumerateArray())
        {
            TokenScores scores = scorer.Score([ids?[Name(text)] ?? Ints(text, "ids")], plan, TestContext.Current.CancellationToken)[0];
            Near(Floats(text, "logprob"), scores.LogProb, tolerance);
            Near(Floats(text, "entropy"), scores.Entropy, tolerance);
            Near(Floats(text, "var_logp"), scores.Variance, 10 * tolerance);
            Assert.All(Ints(text, "rank").Zip(scores.Rank), pair => Assert.InRange(pair.Second, pair.First - 1, pair.First + 1));
            if (!text.TryGetProperty("mean_hidden_first8", out _)) continue;
            Near(Floats(text, "mean_hidden_first8"), scores.Pooled[..8], tolerance);
            Near(Floats(text, "last_hidden_first8"), scores.Pooled.AsSpan(scorer.Width, 8).ToArray(), tolerance);
        }
    }

    internal static IEnumerable<JsonElement> SmolLm2Texts()
    {
        using FileStream packed = File.OpenRead(Repository.Shared("reference", "smollm2", "scores.jsonl.gz"));
        using StreamReader lines = new(new GZipStream(packed, CompressionMode.Decompress));
        while (lines.ReadLine() is { } line) yield return JsonSerializer.Deserialize<JsonElement>(line);
    }

    private static JsonElement Json(string path) => JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(path));

    private static string Name(JsonElement text) => text.GetProperty("id").GetString()!;

    internal static int[] Ints(JsonElement text, string name) => [.. text.GetProperty(name).EnumerateArray().Select(value => value.GetInt32())];

    internal static float[] Floats(JsonElement text, string name) => [.. text.GetProperty(name).EnumerateArray().Select(value => value.GetSingle())];

    private static void Near(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance);
    }
}
