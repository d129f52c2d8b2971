using System.Numerics.Tensors;

namespace Detection.Learning.Heads;

/// <summary>
/// L2-regularised logistic regression by L-BFGS (Liu and Nocedal 1989) with backtracking. The bias is not regularised.
/// </summary>
internal static class LogisticRegression
{
    private const int Memory = 10;

    /// <param name="ridge">One a weight: the factor of ½w² beside the mean loss. Infinite: the weight stays 0. The bias has none.</param>
    /// <param name="start">Weights to begin at: a fit under another ridge is a good start.</param>
    public static float[] Fit(TrainingMatrix rows, float[] ridge, float[]? start = null, int iterations = 60, CancellationToken cancellation = default)
    {
        float[] weights = start is null ? new float[rows.Size] : [.. start], gradient = new float[rows.Size];
        double loss = Objective(rows, ridge, weights, gradient);
        var steps = new List<(float[] Step, float[] Change, double Curvature)>(Memory);
        for (int iteration = 0; iteration < iterations; iteration++)
        {
            cancellation.ThrowIfCancellationRequested();
            float[] direction = Direction(gradient, steps);
            if (Descend(rows, ridge, weights, gradient, loss, direction) is not { } next) break;
            Remember(steps, weights, gradient, next.Weights, next.Gradient);
            double gained = loss - next.Loss;
            (weights, gradient, loss) = next;
            if (gained < 1e-6 * (Math.Abs(loss) + 1e-9)) break;
        }
        return weights;
    }

    private static double Objective(TrainingMatrix rows, float[] ridge, float[] weights, float[] gradient)
    {
        double loss = rows.Loss(weights, gradient);
        for (int i = 0; i < weights.Length - 1; i++)
        {
            if (float.IsPositiveInfinity(ridge[i])) { gradient[i] = 0; continue; }
            gradient[i] += ridge[i] * weights[i];
            loss += 0.5 * ridge[i] * weights[i] * weights[i];
        }
        return loss;
    }

    /// <summary>Null where no step in the direction gains anything: the end.</summary>
    private static (float[] Weights, float[] Gradient, double Loss)? Descend(TrainingMatrix rows, float[] ridge, float[] weights, float[] gradient, double loss, float[] direction)
    {
        double slope = TensorPrimitives.Dot(gradient, direction);
        if (slope >= 0) return null;
        for (double size = 1; size > 1e-6; size /= 2)
        {
            float[] there = new float[weights.Length], change = new float[weights.Length];
            TensorPrimitives.MultiplyAdd(direction, (float)size, weights, there);
            double lower = Objective(rows, ridge, there, change);
            if (lower <= loss + 1e-4 * size * slope) return (there, change, lower);
        }
        return null;
    }

    private static void Remember(List<(float[], float[], double)> steps, float[] weights, float[] gradient, float[] newWeights, float[] newGradient)
    {
        float[] step = new float[weights.Length], change = new float[weights.Length];
        TensorPrimitives.Subtract(newWeights, weights, step);
        TensorPrimitives.Subtract(newGradient, gradient, change);
        double curvature = TensorPrimitives.Dot(step, change);
        if (curvature <= 1e-12) return;
        if (steps.Count == Memory) steps.RemoveAt(0);
        steps.Add((step, change, curvature));
    }

    /// <summary>The two-loop recursion; steepest descent at first.</summary>
    private static float[] Direction(float[] gradient, List<(float[] Step, float[] Change, double Curvature)> steps)
    {
        float[] direction = [.. gradient];
        double[] alphas = new double[steps.Count];
        for (int i = steps.Count - 1; i >= 0; i--)
        {
            alphas[i] = TensorPrimitives.Dot(steps[i].Step, direction) / steps[i].Curvature;
            TensorPrimitives.MultiplyAdd(steps[i].Change, (float)-alphas[i], direction, direction);
        }
        double scale = steps.Count > 0 ? steps[^1].Curvature / TensorPrimitives.SumOfSquares(steps[^1].Change) : 1 / (1 + TensorPrimitives.Norm(gradient));
        TensorPrimitives.Multiply(direction, (float)scale, direction);
        for (int i = 0; i < steps.Count; i++)
        {
            double beta = TensorPrimitives.Dot(steps[i].Change, direction) / steps[i].Curvature;
            TensorPrimitives.MultiplyAdd(steps[i].Step, (float)(alphas[i] - beta), direction, direction);
        }
        TensorPrimitives.Negate(direction, direction);
        return direction;
    }
}
