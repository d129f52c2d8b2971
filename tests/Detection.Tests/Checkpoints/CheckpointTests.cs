using System.IO.Compression;
using System.Text.Json;
using Detection.Checkpoints;

namespace Detection.Tests.Checkpoints;

public sealed class CheckpointTests
{
    [Theory]
    [InlineData("F32")]
    [InlineData("F16")]
    [InlineData("BF16")]
    [InlineData("Q8_0")]
    [InlineData("Q4_0")]
    [InlineData("Q4_1")]
    public void Every_gguf_type_reads_as_the_reference_does(string type)
    {
        JsonElement expected = Json(Repository.Shared("reference", "gguf", "expected.json")).GetProperty("files").GetProperty(type);
        using Checkpoint checkpoint = Checkpoint.Open(Repository.Shared("reference", "gguf", $"tiny-llama.{type}.gguf"));
        Assert.Equal(expected.GetProperty("sha256").GetString(), checkpoint.Files.Single().Sha256(TestContext.Current.CancellationToken));
        foreach ((string stored, string name) in new[]
        {
            ("token_embd.weight", "model.embed_tokens.weight"), ("blk.0.ffn_down.weight", "model.layers.0.mlp.down_proj.weight"),
            ("blk.0.attn_q.weight", "model.layers.0.self_attn.q_proj.weight"), ("blk.0.attn_k.weight", "model.layers.0.self_attn.k_proj.weight"),
            ("output_norm.weight", "model.norm.weight"),
        })
        {
            JsonElement reference = expected.GetProperty("tensors").GetProperty(stored);
            CheckpointTensor tensor = checkpoint.Tensors[name];
            Assert.Equal(reference.GetProperty("type").GetString(), tensor.Type.ToString());
            Assert.Equal(reference.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()), tensor.Shape);
            float[] values = new float[tensor.Count];
            checkpoint.Read(name, values);
            Assert.Equal(reference.GetProperty("first32").EnumerateArray().Select(value => value.GetSingle()), values[..32],
                (a, b) => Math.Abs(a - b) <= 1e-7f * Math.Abs(a)); // given with 8 digits; row 0 stays row 0
            Assert.Equal(reference.GetProperty("sum").GetDouble(), values.Sum(value => (double)value), 1e-3);
            Assert.Equal(reference.GetProperty("sum_abs").GetDouble(), values.Sum(value => Math.Abs((double)value)), 1e-2);
        }
    }

    [Fact]
    public void A_gguf_has_the_config_of_the_folder_it_was_made_from()
    {
        JsonElement original = Json(Repository.Shared("reference", "gguf", "config.json"));
        using Checkpoint checkpoint = Checkpoint.Open(Repository.Shared("reference", "gguf", "tiny-llama.F32.gguf"));
        Assert.Equal("llama", checkpoint.Family);
        Assert.Null(checkpoint.Tokenizer); // sentencepiece
        foreach (string key in new[]
        {
            "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "max_position_embeddings", "vocab_size",
            "bos_token_id", "eos_token_id",
        })
            Assert.Equal(original.GetProperty(key).GetInt32(), checkpoint.Config.GetProperty(key).GetInt32());
        Assert.Equal(original.GetProperty("rms_norm_eps").GetSingle(), checkpoint.Config.GetProperty("rms_norm_eps").GetSingle());
        Assert.Equal(original.GetProperty("tie_word_embeddings").GetBoolean(), checkpoint.Config.GetProperty("tie_word_embeddings").GetBoolean());
    }

    [Fact]
    public void The_tokenizer_of_the_135m_gguf_is_the_hub_s_own()
    {
        string gguf = Repository.Shared("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");
        using FileStream packed = File.OpenRead(Repository.Shared("reference", "smollm2", "tokenizer.json.gz"));
        using GZipStream stream = new(packed, CompressionMode.Decompress);
        using JsonDocument expected = JsonDocument.Parse(stream);
        using Checkpoint checkpoint = Checkpoint.Open(gguf);
        Assert.Equal(30, checkpoint.Config.GetProperty("num_hidden_layers").GetInt32());
        foreach (JsonProperty part in expected.RootElement.EnumerateObject())
            Assert.True(JsonElement.DeepEquals(part.Value, checkpoint.Tokenizer!.Value.GetProperty(part.Name)), part.Name);
    }

    [Fact]
    public void Shards_are_one_checkpoint()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Repository.Shared("reference", "families", "llama_gqa_llama3"));
        Assert.Equal(6, checkpoint.Files.Count); // config, index, three shards, tokenizer
        Assert.Equal([420L, 32L], checkpoint.Tensors["model.embed_tokens.weight"].Shape);
        Assert.Equal("BPE", checkpoint.Tokenizer!.Value.GetProperty("model").GetProperty("type").GetString());
    }

    [Fact]
    public void A_gguf_tensor_has_hugging_face_rows_and_a_bos_template()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder.File("tiny.gguf"), TinyGguf.Llama().ToBytes());
        using Checkpoint checkpoint = Checkpoint.Open(folder.File("tiny.gguf"));
        float[] query = new float[8];
        checkpoint.Read("model.layers.0.self_attn.q_proj.weight", query);
        Assert.Equal([0, 1, 4, 5, 2, 3, 6, 7], query); // rows 0 1 2 3 of the file are rows 0 2 1 3
        Assert.Equal("<s>", checkpoint.Tokenizer!.Value.GetProperty("post_processor").GetProperty("single")[0].GetProperty("SpecialToken").GetProperty("id").GetString());
        Assert.True(checkpoint.Config.GetProperty("tie_word_embeddings").GetBoolean());
    }

    private static JsonElement Json(string path) => JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(path));
}
