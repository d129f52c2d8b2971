namespace Detection.Learning.Metrics;

/// <summary>A two-sided 95 % interval.</summary>
public readonly record struct Interval(double Low, double High)
{
    private const double Z = 1.959963984540054;

    /// <summary>Wilson's score interval of k of n: for rates that are not near 0 or 1 by much.</summary>
    public static Interval Wilson(int k, int n)
    {
        if (n == 0) return new Interval(0, 1);
        double p = k / (double)n, z2 = Z * Z;
        double centre = p + z2 / (2 * n), half = Z * Math.Sqrt(p * (1 - p) / n + z2 / (4.0 * n * n));
        return new Interval(Math.Max(0, (centre - half) / (1 + z2 / n)), Math.Min(1, (centre + half) / (1 + z2 / n)));
    }

    /// <summary>The exact interval of Clopper and Pearson by Beta quantiles: wide, for rates under 1 %.</summary>
    public static Interval ClopperPearson(int k, int n)
    {
        if (n == 0) return new Interval(0, 1);
        return new Interval(k == 0 ? 0 : Beta.Quantile(0.025, k, n - k + 1), k == n ? 1 : Beta.Quantile(0.975, k + 1, n - k));
    }

    /// <summary>Newcombe's interval of the difference of two rates k1/n1 − k2/n2, from their Wilson bounds.</summary>
    public static Interval Newcombe(int k1, int n1, int k2, int n2)
    {
        if (n1 == 0 || n2 == 0) return new Interval(-1, 1);
        double p1 = k1 / (double)n1, p2 = k2 / (double)n2, difference = p1 - p2;
        Interval first = Wilson(k1, n1), second = Wilson(k2, n2);
        return new Interval(
            difference - Math.Sqrt(Square(p1 - first.Low) + Square(second.High - p2)),
            difference + Math.Sqrt(Square(first.High - p1) + Square(p2 - second.Low)));
    }

    private static double Square(double value) => value * value;
}
