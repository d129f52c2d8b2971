namespace Detection.Learning.Metrics;

/// <summary>Percentile interval (2.5–97.5) of a statistic when clusters of like texts are drawn with replacement: rows of one cluster are no independent evidence.</summary>
public static class ClusterBootstrap
{
    public const int Draws = 2_000;

    /// <param name="rows">Score, whether the row is machine (positive), and its cluster.</param>
    public static Interval Auroc(IReadOnlyList<(double Score, bool Machine, string Cluster)> rows, int draws = Draws)
    {
        var sorted = rows.OrderBy(row => row.Score).ToArray();
        return Of(sorted.Select(row => row.Cluster).ToArray(), weights => Weighted(sorted, weights), draws);
    }

    /// <summary>Share of machines found where one in so many people is flagged (<see cref="Ranking.AtFalsePositives"/>), the threshold set anew on each draw.</summary>
    /// <param name="rows">Score, whether the row is machine (positive), and its cluster.</param>
    public static Interval Found(IReadOnlyList<(double Score, bool Machine, string Cluster)> rows, int oneIn, int draws = Draws)
    {
        var sorted = rows.OrderByDescending(row => row.Score).ToArray();
        return Of(sorted.Select(row => row.Cluster).ToArray(), weights => Found(sorted, weights, oneIn), draws);
    }

    /// <summary>The interval of any statistic of row weights (how often a row's cluster was drawn); NaN results are left out.</summary>
    public static Interval Of(IReadOnlyList<string> clusters, Func<int[], double> statistic, int draws = Draws)
    {
        var ids = clusters.Distinct(StringComparer.Ordinal).Select((name, at) => (name, at)).ToDictionary(one => one.name, one => one.at, StringComparer.Ordinal);
        int[] places = [.. clusters.Select(cluster => ids[cluster])];
        var random = new Random(20240601);
        int[] drawn = new int[ids.Count], weights = new int[places.Length];
        var values = new List<double>(draws);
        for (int draw = 0; draw < draws; draw++)
        {
            Array.Clear(drawn);
            for (int i = 0; i < drawn.Length; i++) drawn[random.Next(drawn.Length)]++;
            for (int i = 0; i < places.Length; i++) weights[i] = drawn[places[i]];
            double value = statistic(weights);
            if (!double.IsNaN(value)) values.Add(value);
        }
        if (values.Count == 0) return new Interval(double.NaN, double.NaN);
        values.Sort();
        return new Interval(values[(int)(0.025 * (values.Count - 1))], values[(int)Math.Ceiling(0.975 * (values.Count - 1))]);
    }

    /// <summary>AUROC of weighted rows that are sorted by score.</summary>
    private static double Weighted((double Score, bool Machine, string Cluster)[] sorted, int[] weights)
    {
        double below = 0, wins = 0, machines = 0;
        for (int i = 0; i < sorted.Length;)
        {
            double humans = 0, here = 0;
            int start = i;
            for (; i < sorted.Length && sorted[i].Score == sorted[start].Score; i++)
                if (sorted[i].Machine) here += weights[i];
                else humans += weights[i];
            wins += here * (below + humans / 2);
            below += humans;
            machines += here;
        }
        return wins / (below * machines);
    }

    /// <summary>Of weighted rows, the highest score first; NaN where the people drawn are too few.</summary>
    private static double Found((double Score, bool Machine, string Cluster)[] sorted, int[] weights, int oneIn)
    {
        int humans = 0, machines = 0;
        for (int i = 0; i < sorted.Length; i++)
            if (sorted[i].Machine) machines += weights[i];
            else humans += weights[i];
        if (humans < oneIn) return double.NaN;
        int flagged = 0, found = 0;
        for (int i = 0; i < sorted.Length;)
        {
            int above = found, start = i;
            for (; i < sorted.Length && sorted[i].Score == sorted[start].Score; i++)
                if (sorted[i].Machine) found += weights[i];
                else flagged += weights[i];
            // The threshold is this score, and nothing at it is flagged.
            if (flagged > humans / oneIn) return above / (double)machines;
        }
        return double.NaN;
    }
}
