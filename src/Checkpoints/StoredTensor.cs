using System.Buffers;

namespace Detection.Checkpoints;

/// <summary>How the rows of a GGUF tensor differ from the Hugging Face tensor that it came from.</summary>
internal enum RowOrder
{
    Same,

    /// <summary>Rotary pairs are interleaved within a head: row 2i + p of a head is Hugging Face row p · half + i.</summary>
    InterleavedPairs,

    /// <summary>GPT-2's Conv1D weights are [in, out]; GGUF holds [out, in].</summary>
    Transposed,
}

/// <summary>A tensor and where its bytes lie. <paramref name="Heads"/> is used by <see cref="RowOrder.InterleavedPairs"/> alone.</summary>
internal sealed record StoredTensor(CheckpointTensor Tensor, MappedFile File, long Offset, RowOrder Order = RowOrder.Same, int Heads = 1)
{
    private const int Chunk = 1 << 20; // values a step: spans are limited to 2 GiB, tensors are not

    public void Read(Span<float> destination)
    {
        if (!Tensor.Type.IsReadable()) throw new CheckpointException(File.Path, Tensor.Name, $"values of type {Tensor.Type} cannot be read");
        if (destination.Length != Tensor.Count) throw new ArgumentException($"{Tensor} needs {Tensor.Count} values, not {destination.Length}.", nameof(destination));
        switch (Order)
        {
            case RowOrder.InterleavedPairs: ReadUnpermuted(destination); break;
            case RowOrder.Transposed: ReadTransposed(destination); break;
            default: ReadRange(0, destination); break;
        }
    }

    /// <summary>Values [first, first + destination.Length) in the order of the file; <paramref name="first"/> is a multiple of the block.</summary>
    private void ReadRange(long first, Span<float> destination)
    {
        (int values, int bytes) = Tensor.Type.Block();
        for (int done = 0; done < destination.Length; done += Chunk)
        {
            int count = Math.Min(Chunk, destination.Length - done);
            long offset = Offset + (first + done) / values * bytes;
            Dequantiser.Read(Tensor.Type, File.Slice(offset, count / values * bytes), destination.Slice(done, count));
        }
    }

    private void ReadUnpermuted(Span<float> destination)
    {
        int rows = (int)Tensor.Shape[0], columns = destination.Length / rows, size = rows / Heads, half = size / 2;
        for (int head = 0; head < Heads; head++)
            for (int i = 0; i < half; i++)
                for (int pair = 0; pair < 2; pair++)
                    ReadRange(((long)head * size + 2 * i + pair) * columns, destination.Slice((head * size + pair * half + i) * columns, columns));
    }

    private void ReadTransposed(Span<float> destination)
    {
        int rows = (int)Tensor.Shape[0], columns = (int)Tensor.Shape[1]; // of the result; the file holds [columns, rows]
        float[] line = ArrayPool<float>.Shared.Rent(rows);
        for (int column = 0; column < columns; column++)
        {
            ReadRange((long)column * rows, line.AsSpan(0, rows));
            for (int row = 0; row < rows; row++) destination[row * columns + column] = line[row];
        }
        ArrayPool<float>.Shared.Return(line);
    }
}
