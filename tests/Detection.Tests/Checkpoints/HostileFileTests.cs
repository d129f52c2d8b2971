using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Detection.Checkpoints;

namespace Detection.Tests.Checkpoints;

public sealed class HostileFileTests
{
    private const string Header = """{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[4],"data_offsets":[8,16]}}""";

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}""", "data")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,17]}}""", "a.data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}""", "a.data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[-16,0]}}""", "a.data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,16]}}""", "a.shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,16]}}""", "a.shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,4],"data_offsets":[0,16]}}""", "a.shape")]
    [InlineData("""{"a":{"dtype":"Q4_1","shape":[4],"data_offsets":[0,16]}}""", "a.dtype")]
    [InlineData("""{"a":{"dtype":"3","shape":[4],"data_offsets":[0,16]}}""", "a.dtype")]
    [InlineData("""{"a":{"shape":[4],"data_offsets":[0,16]}}""", "a.dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "header")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", "b.data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", "b.data_offsets")]
    [InlineData("""{"__metadata__":{"x":1},"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "__metadata__.x")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "header")]
    [InlineData("""[1]""", "header")]
    [InlineData("""{"a":""", "header")]
    public void A_broken_safetensors_header_is_refused_by_field(string header, string field)
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder.File("model.safetensors"), Safetensors(header));
        CheckpointException refusal = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(folder.File("model.safetensors")));
        Assert.Equal(field, refusal.Field);
        Assert.Contains("model.safetensors", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_longer_than_the_file_or_the_limit_is_refused()
    {
        using TemporaryFolder folder = new();
        foreach (ulong length in new[] { 17ul, 1ul << 30, ulong.MaxValue })
        {
            byte[] bytes = new byte[24];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
            File.WriteAllBytes(folder.File("model.safetensors"), bytes);
            Assert.Equal("header length", Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(folder.File("model.safetensors"))).Field);
        }
    }

    [Fact]
    public void Deep_json_is_refused()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("config.json"), $"{{\"a\":{new string('[', 100_000)}{new string(']', 100_000)}}}");
        Assert.Equal("JSON", Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder.Path)).Field);
    }

    [Theory]
    [InlineData("../model.safetensors")]
    [InlineData("/etc/model.safetensors")]
    [InlineData("a/model.safetensors")]
    [InlineData("..\\\\model.safetensors")]
    [InlineData("missing.safetensors")]
    [InlineData("model.bin")]
    public void A_shard_is_a_plain_file_beside_its_index(string shard)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("config.json"), """{"model_type":"llama"}""");
        File.WriteAllText(folder.File("model.safetensors.index.json"), $$$"""{"weight_map":{"a":"{{{shard}}}"}}""");
        Assert.Equal("weight_map.a", Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder.Path)).Field);
    }

    [Theory]
    [InlineData("general.architecture")]
    [InlineData("llama.block_count")]
    public void A_gguf_without_a_needed_key_is_refused_by_name(string key)
    {
        using TemporaryFolder folder = new();
        byte[] bytes = TinyGguf.Llama().ToBytes();
        bytes[bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(key))] = (byte)'x';
        File.WriteAllBytes(folder.File("tiny.gguf"), bytes);
        Assert.Equal(key, Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder.File("tiny.gguf"))).Field);
    }

    [Fact]
    public void A_gguf_with_a_tensor_outside_the_file_twice_or_absurdly_many_is_refused()
    {
        using TemporaryFolder folder = new();
        string Refused(byte[] bytes)
        {
            File.WriteAllBytes(folder.File("tiny.gguf"), bytes);
            return Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder.File("tiny.gguf"))).Field;
        }
        byte[] valid = TinyGguf.Llama().ToBytes();
        Assert.Equal("blk.0.attn_q.weight.offset", Refused(valid[..^1]));
        Assert.Equal("token_embd.weight", Refused(TinyGguf.Llama().Tensor("token_embd.weight", [4, 4], new float[16]).ToBytes()));
        Assert.Equal("x.dimensions", Refused(TinyGguf.Llama().Tensor("x", [long.MaxValue, 2], []).ToBytes()));
        byte[] many = [.. valid];
        BinaryPrimitives.WriteInt64LittleEndian(many.AsSpan(8), long.MaxValue);
        Assert.Equal("tensor_count", Refused(many));
    }

    [Fact]
    public void Any_damage_to_a_safetensors_file_opens_or_is_refused()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("config.json"), """{"model_type":"llama"}""");
        Damage(Safetensors(Header)).Sample(bytes => Open(folder.File("model.safetensors"), folder.Path, bytes), iter: 3_000, threads: 1);
    }

    [Fact]
    public void Any_damage_to_a_gguf_file_opens_or_is_refused()
    {
        using TemporaryFolder folder = new();
        Damage(TinyGguf.Llama().ToBytes()).Sample(bytes => Open(folder.File("tiny.gguf"), folder.File("tiny.gguf"), bytes), iter: 3_000, threads: 1);
    }

    private static Gen<byte[]> Damage(byte[] valid)
    {
        byte[] interesting = [0, 1, 0x22, 0x2c, 0x30, 0x39, 0x5b, 0x7b, 0x7d, 0x7f, 0x80, 0xff];
        Gen<(int At, byte Value)> change = Gen.Select(Gen.Int[0, valid.Length - 1], Gen.OneOf(Gen.Byte, Gen.Int[0, interesting.Length - 1].Select(i => interesting[i])));
        return Gen.Select(change.Array[1, 6], Gen.Int[0, 20], Gen.Int[0, valid.Length]).Select(damage =>
        {
            byte[] bytes = [.. valid];
            foreach ((int at, byte value) in damage.Item1) bytes[at] = value;
            return damage.Item2 == 0 ? bytes[..damage.Item3] : bytes;
        });
    }

    private static void Open(string file, string path, byte[] bytes)
    {
        File.WriteAllBytes(file, bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(path);
            foreach ((string name, CheckpointTensor tensor) in checkpoint.Tensors) checkpoint.Read(name, new float[tensor.Count]);
            _ = checkpoint.Tokenizer;
        }
        catch (CheckpointException)
        {
            // refused: as good as opened
        }
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4 << 20, "A file of 1 kB made the reader allocate more than 4 MiB.");
    }

    private static byte[] Safetensors(string header)
    {
        byte[] bytes = new byte[8 + Encoding.UTF8.GetByteCount(header) + 16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)Encoding.UTF8.GetBytes(header, bytes.AsSpan(8)));
        return bytes;
    }
}
