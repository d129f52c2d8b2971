using System.Numerics.Tensors;

namespace Detection.Learning.Heads;

/// <summary>Rows to learn from: standardised dense features, weighed words (sparse, may be empty), the answer and how much the row counts.</summary>
/// <param name="Known">Margin that is given before anything is learned.</param>
/// <param name="First">Dense features before this one are zero, and are not read.</param>
internal sealed record TrainingRow(float[] Dense, int[] WordBucket, float[] WordValue, bool Positive, float Weight, float Known = 0, int First = 0);

/// <summary>
/// Mean weighted logistic loss and its gradient over rows, for weights laid out as dense, words, bias. Rows are cut into a fixed number of parts that are summed in order:
/// the result does not depend on how many threads compute it.
/// </summary>
internal sealed class TrainingMatrix
{
    private const int Parts = 8;
    private readonly IReadOnlyList<TrainingRow> _rows;
    private readonly float[][] _gradients;
    private readonly double _total;

    /// <param name="words">Number of word buckets; 0 where words are not read.</param>
    public TrainingMatrix(IReadOnlyList<TrainingRow> rows, int dense, int words)
    {
        (_rows, Dense, Words) = (rows, dense, words);
        _gradients = [.. Enumerable.Range(0, Parts).Select(_ => new float[Size])];
        foreach (var row in rows) _total += row.Weight;
    }

    public int Dense { get; }
    public int Words { get; }
    public int Size => Dense + Words + 1;

    /// <summary>The mean loss; <paramref name="gradient"/> is filled.</summary>
    public double Loss(float[] weights, float[] gradient)
    {
        double[] losses = new double[Parts];
        Parallel.For(0, Parts, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, part => losses[part] = LossOfPart(part, weights, _gradients[part]));
        Array.Clear(gradient);
        foreach (float[] part in _gradients) TensorPrimitives.Add(gradient, part, gradient);
        TensorPrimitives.Multiply(gradient, (float)(1 / _total), gradient);
        return losses.Sum() / _total;
    }

    public float Margin(TrainingRow row, float[] weights)
    {
        float margin = TensorPrimitives.Dot(row.Dense.AsSpan(row.First), weights.AsSpan(row.First, Dense - row.First)) + weights[^1] + row.Known;
        if (Words > 0)
            for (int i = 0; i < row.WordBucket.Length; i++) margin += row.WordValue[i] * weights[Dense + row.WordBucket[i]];
        return margin;
    }

    private double LossOfPart(int part, float[] weights, float[] gradient)
    {
        Array.Clear(gradient);
        double loss = 0;
        var dense = gradient.AsSpan(0, Dense);
        for (int at = part; at < _rows.Count; at += Parts)
        {
            var row = _rows[at];
            double margin = Margin(row, weights), signed = row.Positive ? margin : -margin;
            loss += row.Weight * (signed > 0 ? Math.Log(1 + Math.Exp(-signed)) : Math.Log(1 + Math.Exp(signed)) - signed);
            float slope = (float)(row.Weight * (1 / (1 + Math.Exp(-margin)) - (row.Positive ? 1 : 0)));
            var read = dense[row.First..];
            TensorPrimitives.MultiplyAdd(row.Dense.AsSpan(row.First), slope, read, read);
            if (Words > 0)
                for (int i = 0; i < row.WordBucket.Length; i++) gradient[Dense + row.WordBucket[i]] += slope * row.WordValue[i];
            gradient[^1] += slope;
        }
        return loss;
    }
}
