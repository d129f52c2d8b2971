using System.Numerics.Tensors;

namespace Detection.Learning.Heads;

/// <summary>
/// L2-regularised logistic regression by L-BFGS (Liu and Nocedal 1989) with backtracking. The bias is held back by nothing.
/// </summary>
internal static class LogisticRegression
{
    private const int Memory = 10;

    /// <param name="scale">One a weight: how far the ridge lets it go. A weight is this times a variable that the ridge holds back; 0: it stays 0. Also what makes the descent fast where features are of unlike size.</param>
    /// <param name="ridge">The factor of ½v² of every variable but the bias, beside the mean loss.</param>
    /// <param name="start">Weights to begin at: a fit under another ridge is a good start.</param>
    public static float[] Fit(TrainingMatrix rows, float[] scale, double ridge, float[]? start = null, int iterations = 60, CancellationToken cancellation = default)
    {
        var problem = new Problem(rows, scale, ridge);
        float[] variables = start is null ? new float[rows.Size] : problem.Variables(start), gradient = new float[rows.Size];
        double loss = problem.Objective(variables, gradient);
        var steps = new List<(float[] Step, float[] Change, double Curvature)>(Memory);
        for (int iteration = 0; iteration < iterations; iteration++)
        {
            cancellation.ThrowIfCancellationRequested();
            float[] direction = Direction(gradient, steps);
            if (Descend(problem, variables, gradient, loss, direction) is not { } next) break;
            Remember(steps, variables, gradient, next.Variables, next.Gradient);
            double gained = loss - next.Loss;
            (variables, gradient, loss) = next;
            if (gained < 1e-6 * (Math.Abs(loss) + 1e-9)) break;
        }
        return problem.Weights(variables);
    }

    private sealed class Problem(TrainingMatrix rows, float[] scale, double ridge)
    {
        public double Objective(float[] variables, float[] gradient)
        {
            double loss = rows.Loss(Weights(variables), gradient);
            TensorPrimitives.Multiply(gradient, scale, gradient);
            var held = variables.AsSpan(0, variables.Length - 1);
            TensorPrimitives.MultiplyAdd(held, (float)ridge, gradient.AsSpan(0, held.Length), gradient.AsSpan(0, held.Length));
            return loss + 0.5 * ridge * TensorPrimitives.SumOfSquares(held);
        }

        public float[] Weights(float[] variables)
        {
            float[] weights = new float[variables.Length];
            TensorPrimitives.Multiply(variables, scale, weights);
            return weights;
        }

        public float[] Variables(float[] weights) => [.. weights.Select((weight, i) => scale[i] == 0 ? 0 : weight / scale[i])];
    }

    /// <summary>Null where no step in the direction gains anything: the end.</summary>
    private static (float[] Variables, float[] Gradient, double Loss)? Descend(Problem problem, float[] variables, float[] gradient, double loss, float[] direction)
    {
        double slope = TensorPrimitives.Dot(gradient, direction);
        if (slope >= 0) return null;
        for (double size = 1; size > 1e-6; size /= 2)
        {
            float[] there = new float[variables.Length], change = new float[variables.Length];
            TensorPrimitives.MultiplyAdd(direction, (float)size, variables, there);
            double lower = problem.Objective(there, change);
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
