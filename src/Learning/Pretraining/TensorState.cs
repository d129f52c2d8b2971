using System.Runtime.InteropServices;
using Detection.Checkpoints;
using static TorchSharp.torch;

namespace Detection.Learning.Pretraining;

/// <summary>Named float32 tensors to and from a safetensors file: the exported weights, and a run's weights and moments.</summary>
internal static class TensorState
{
    /// <param name="type">As the values are stored; BF16 rounds to nearest.</param>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, TensorType type, IReadOnlyDictionary<string, string> metadata) =>
        SafetensorsWriter.Write(path, [.. tensors.Select(one => new NamedTensor(one.Key, one.Value.shape, Values(one.Value), type))], metadata);

    /// <summary>Copies the stored values into tensors of the same names and shapes; returns the metadata.</summary>
    /// <exception cref="InvalidDataException">Names the file and the tensor that is missing or has another shape: the run was started with another one.</exception>
    public static IReadOnlyDictionary<string, string> ReadInto(string path, IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var off = no_grad();
        using var file = SafetensorsFile.Open(path);
        foreach (var (name, tensor) in tensors)
        {
            if (!file.Tensors.TryGetValue(name, out var stored)) throw new InvalidDataException($"{path}: no tensor '{name}'");
            if (!stored.Shape.SequenceEqual(tensor.shape)) throw new InvalidDataException($"{path}: '{name}' has the shape [{string.Join(", ", stored.Shape)}], not [{string.Join(", ", tensor.shape)}]");
            file.Read(name, MemoryMarshal.Cast<byte, float>(tensor.bytes));
        }
        return file.Metadata;
    }

    private static float[] Values(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes).ToArray();
}
