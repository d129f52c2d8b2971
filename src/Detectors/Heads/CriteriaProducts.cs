namespace Detection.Detectors.Heads;

/// <summary>
/// Products of every two of the criteria and of what says how long a text is and how rich its words are. Old samplers and chat models pull the signs of criteria apart: what an unusual likelihood
/// means depends on the entropy beside it, which no weighted sum of the two can say.
/// </summary>
public static class CriteriaProducts
{
    private const float Largest = 2 * HeadSet.Furthest;

    private static int Factors => CriteriaFeatures.Names.Count + SurfaceFeatures.PlainCount;

    public static int Count => Factors * (Factors + 1) / 2;

    /// <summary>Whether a head may have so many weights of products over so many dense features: none, or one each.</summary>
    internal static bool Fit(int weights, int features) => weights == 0 || weights == Count && features >= CriteriaFeatures.Names.Count + SurfaceFeatures.Names.Count;

    /// <param name="dense">Standardised, criteria and surface at its end (<see cref="FeatureLayout"/>).</param>
    /// <returns>Squares among them; none larger than <see cref="Largest"/>.</returns>
    public static float[] Of(ReadOnlySpan<float> dense)
    {
        var factors = dense.Slice(dense.Length - SurfaceFeatures.Names.Count - CriteriaFeatures.Names.Count, Factors);
        float[] products = new float[Count];
        for (int i = 0, at = 0; i < factors.Length; i++)
            for (int j = i; j < factors.Length; j++) products[at++] = Math.Clamp(factors[i] * factors[j], -Largest, Largest);
        return products;
    }
}
