using Detection.Detectors.Heads;

namespace Detection.Learning.Heads;

/// <summary>Platt scaling (1999, with the targets of Lin, Lin and Weng 2007) by Newton's method over two numbers; the scale stays positive.</summary>
internal static class PlattScaling
{
    private const double LeastScale = 1e-3;

    /// <summary>Fits P(positive) = σ(scale · margin + shift) on held-out rows; each counts its weight.</summary>
    public static Platt Fit(IReadOnlyList<(float Margin, bool Positive, double Weight)> rows)
    {
        double positives = rows.Where(row => row.Positive).Sum(row => row.Weight), negatives = rows.Where(row => !row.Positive).Sum(row => row.Weight);
        if (positives == 0 || negatives == 0) return new Platt(1, (float)Math.Log((positives + 1) / (negatives + 1)));
        double high = (positives + 1) / (positives + 2), low = 1 / (negatives + 2), scale = 1, shift = 0;
        for (int iteration = 0; iteration < 100; iteration++)
        {
            double g0 = 0, g1 = 0, h00 = 1e-9, h01 = 0, h11 = 1e-9;
            foreach (var (margin, positive, weight) in rows)
            {
                double p = 1 / (1 + Math.Exp(-(scale * margin + shift))), off = weight * (p - (positive ? high : low)), curve = weight * p * (1 - p);
                (g0, g1) = (g0 + off * margin, g1 + off);
                (h00, h01, h11) = (h00 + curve * margin * margin, h01 + curve * margin, h11 + curve);
            }
            double determinant = h00 * h11 - h01 * h01;
            if (determinant < 1e-15) break;
            double ds = Math.Clamp((h11 * g0 - h01 * g1) / determinant, -1, 1), dt = Math.Clamp((h00 * g1 - h01 * g0) / determinant, -2, 2);
            scale = Math.Max(LeastScale, scale - ds);
            shift -= dt;
            if (Math.Abs(ds) + Math.Abs(dt) < 1e-7) break;
        }
        return new Platt((float)scale, (float)shift);
    }
}
