using System.Globalization;
using System.Runtime.InteropServices;
using Detection.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>
/// Reads weights out of a checkpoint into tensors of one type on one device. Every shape is checked against what the architecture
/// says: libtorch ends the process on a product of unfitting shapes.
/// </summary>
internal sealed class WeightReader(Checkpoint checkpoint, CheckpointNames names, ScalarType type, Device device)
{
    /// <summary>A vector or matrix by its whole name with the given shape.</summary>
    public Tensor Read(string name, int layer, params long[] shape)
    {
        CheckpointTensor found = Find(name, layer, shape);
        return Fill(shape, values => checkpoint.Read(found.Name, values));
    }

    /// <summary>The matrices of <paramref name="parts"/> stacked by rows: (sum of rows, columns).</summary>
    public Linear Linear(IReadOnlyList<string> parts, int layer, int columns, int[] rows, bool bias)
    {
        Tensor weight = Fill([rows.Sum(), columns], values =>
        {
            int start = 0;
            for (int i = 0; i < parts.Count; start += rows[i] * columns, i++) ReadMatrix(parts[i], layer, rows[i], columns, values.Slice(start, rows[i] * columns));
        });
        return new Linear(weight, !bias ? null : Fill([rows.Sum()], values =>
        {
            int start = 0;
            for (int i = 0; i < parts.Count; start += rows[i], i++) checkpoint.Read(Find(parts[i] + ".bias", layer, rows[i]).Name, values.Slice(start, rows[i]));
        }));
    }

    private delegate void Filling(Span<float> values);

    private Tensor Fill(long[] shape, Filling fill)
    {
        Tensor staging = empty(shape, ScalarType.Float32);
        fill(MemoryMarshal.Cast<byte, float>(staging.bytes));
        if (type == ScalarType.Float32 && device.type == DeviceType.CPU) return staging.DetachFromDisposeScope();
        using (staging) return staging.to(type, device, copy: true).DetachFromDisposeScope();
    }

    private void ReadMatrix(string name, int layer, int rows, int columns, Span<float> values)
    {
        if (!names.Transposed)
        {
            checkpoint.Read(Find(name + ".weight", layer, rows, columns).Name, values);
            return;
        }
        float[] stored = new float[values.Length];
        checkpoint.Read(Find(name + ".weight", layer, columns, rows).Name, stored);
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++) values[row * columns + column] = stored[column * rows + row];
    }

    private CheckpointTensor Find(string pattern, int layer, params long[] shape)
    {
        string name = pattern.Replace("{0}", layer.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        if (!checkpoint.Tensors.TryGetValue(names.Prefix + name, out CheckpointTensor? tensor) && !checkpoint.Tensors.TryGetValue(name, out tensor))
            throw new CheckpointException(checkpoint.Path, names.Prefix + name, "missing");
        if (!tensor.Shape.SequenceEqual(shape))
            throw new CheckpointException(checkpoint.Path, tensor.Name, $"is [{string.Join(", ", tensor.Shape)}], the config needs [{string.Join(", ", shape)}]");
        return tensor;
    }
}
