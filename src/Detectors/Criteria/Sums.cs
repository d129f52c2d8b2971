namespace Detection.Detectors.Criteria;

/// <summary>Sums in double precision and fixed order, so that a criterion has the same bits everywhere.</summary>
internal static class Sums
{
    public static double Of(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values) sum += value;
        return sum;
    }

    /// <summary>Σ ln r with r = 1 for the model's first choice.</summary>
    public static double LogRanks(PredictedTokens tokens)
    {
        double sum = 0;
        foreach (int rank in tokens.Rank) sum += Math.Log(rank + 1.0);
        return sum;
    }
}
