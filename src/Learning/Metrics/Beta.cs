namespace Detection.Learning.Metrics;

/// <summary>The Beta distribution, for exact binomial intervals and conformal thresholds.</summary>
internal static class Beta
{
    /// <summary>The regularised incomplete Beta function I_x(a, b), by Lentz's continued fraction (Abramowitz and Stegun 26.5.8).</summary>
    public static double Cumulative(double x, double a, double b)
    {
        if (x <= 0) return 0;
        if (x >= 1) return 1;
        double front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + a * Math.Log(x) + b * Math.Log(1 - x));
        return x < (a + 1) / (a + b + 2) ? front * Fraction(x, a, b) / a : 1 - front * Fraction(1 - x, b, a) / b;
    }

    /// <summary>The x with I_x(a, b) = p, by bisection to the last bits.</summary>
    public static double Quantile(double p, double a, double b)
    {
        double low = 0, high = 1;
        for (int step = 0; step < 200 && high - low > 1e-15; step++)
        {
            double middle = (low + high) / 2;
            if (Cumulative(middle, a, b) < p) low = middle;
            else high = middle;
        }
        return (low + high) / 2;
    }

    /// <summary>P(Bin(n, p) ≥ k).</summary>
    public static double BinomialAtLeast(int k, int n, double p) => k <= 0 ? 1 : k > n ? 0 : Cumulative(p, k, n - k + 1);

    private static double Fraction(double x, double a, double b)
    {
        const double tiny = 1e-300;
        double c = 1, d = 1 / NotZero(1 - (a + b) * x / (a + 1)), value = d;
        for (int m = 1; m <= 10_000; m++)
        {
            double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 / NotZero(1 + even * d);
            c = NotZero(1 + even / c);
            value *= d * c;
            double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 / NotZero(1 + odd * d);
            c = NotZero(1 + odd / c);
            value *= d * c;
            if (Math.Abs(d * c - 1) < 1e-15) break;
        }
        return value;

        static double NotZero(double value) => Math.Abs(value) < tiny ? tiny : value;
    }

    /// <summary>ln Γ by Lanczos (g = 7, 9 terms), for arguments above 0.</summary>
    private static double LogGamma(double x)
    {
        ReadOnlySpan<double> terms =
        [
            0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
            12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
        ];
        if (x < 0.5) return Math.Log(Math.PI / Math.Sin(Math.PI * x)) - LogGamma(1 - x);
        double sum = terms[0], shifted = x - 1;
        for (int i = 1; i < terms.Length; i++) sum += terms[i] / (shifted + i);
        double t = shifted + 7.5;
        return 0.5 * Math.Log(2 * Math.PI) + (shifted + 0.5) * Math.Log(t) - t + Math.Log(sum);
    }
}
