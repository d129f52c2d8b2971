using Detection.Checkpoints;

namespace Detection.Tests.Checkpoints;

public sealed class SafetensorsWriterTests
{
    [Fact]
    public void What_is_written_reads_back()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("heads.safetensors");
        float[] values = [1, -2.5f, 7.34684e-40f, float.NaN, float.PositiveInfinity, 1.00390625f];
        SafetensorsWriter.Write(path, [new("w", [2, 3], values), new("w16", [6], values, TensorType.BF16), new("empty", [0], ReadOnlyMemory<float>.Empty)],
            new Dictionary<string, string> { ["made"] = "by a test" });
        Assert.Single(Directory.GetFiles(folder.Path));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal("by a test", file.Metadata["made"]);
        Assert.Equal([2L, 3L], file.Tensors["w"].Shape);
        float[] read = new float[6];
        file.Read("w", read);
        Assert.Equal(values, read);
        file.Read("w16", read);
        Assert.Equal([1, -2.5f, 7.34684e-40f, float.NaN, float.PositiveInfinity, 1], read); // ties to even
    }

    [Fact]
    public void Nothing_is_left_of_a_write_that_fails()
    {
        using TemporaryFolder folder = new();
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(folder.File("x"), [new("w", [2], new float[3])]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(folder.File("x"), [new("w", [1], new float[1]), new("w", [1], new float[1])]));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }
}
