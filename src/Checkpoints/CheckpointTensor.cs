namespace Detection.Checkpoints;

/// <summary>One named tensor of a checkpoint. The shape is row-major, outermost dimension first.</summary>
public sealed record CheckpointTensor(string Name, TensorType Type, IReadOnlyList<long> Shape)
{
    /// <summary>Number of values: the product of the shape (1 for a scalar).</summary>
    public long Count { get; } = Shape.Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>The values are real numbers that <see cref="Checkpoint.Read"/> up-casts; others are buffers that no model needs.</summary>
    public bool IsReadable => Type.IsReadable();

    public override string ToString() => $"{Name} {Type} [{string.Join(", ", Shape)}]";
}
