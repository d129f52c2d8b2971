namespace Detection.Tests;

public sealed class BuildTests
{
    /// <summary>When the native load fails TorchSharp copies all of libtorch into a folder named <c>cpu</c> beside the program.</summary>
    [Fact]
    public void No_output_holds_a_second_libtorch()
    {
        string outputs = Path.Combine(Repository.Root, "artifacts", "bin");
        Assert.True(Directory.Exists(outputs), outputs);
        Assert.Empty(Directory.EnumerateDirectories(outputs, "cpu", SearchOption.AllDirectories));
    }

    [Fact]
    public void The_patched_native_library_computes()
    {
        using var x = TorchSharp.torch.tensor(new float[] { 1, 2, 3 });
        using var y = x.dot(x);
        Assert.Equal(14f, y.item<float>());
    }
}
