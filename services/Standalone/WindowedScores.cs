using Detection.Model;

namespace Detection.Standalone;

/// <summary>Scores of a text of any length: what is longer than the context is read in windows that overlap by half, each token scored with at least half a context before it.</summary>
internal static class WindowedScores
{
    /// <summary>As <see cref="TokenScores"/>, without pooled states: entry i belongs to token i + 1.</summary>
    public static TokenScores Score(TokenScorer scorer, int[] ids, CancellationToken cancellation)
    {
        int context = scorer.MaxTokens, step = context / 2;
        if (ids.Length <= context) return scorer.Score([ids], PoolingPlan.None, cancellation)[0];
        var windows = new List<(int Start, int Length)> { (0, context) };
        while (windows[^1].Start + windows[^1].Length < ids.Length)
        {
            int start = windows[^1].Start + step;
            windows.Add((start, Math.Min(context, ids.Length - start)));
        }
        var parts = scorer.Score([.. windows.Select(window => (ReadOnlyMemory<int>)ids.AsMemory(window.Start, window.Length))], PoolingPlan.None, cancellation);
        int scored = ids.Length - 1;
        var whole = new TokenScores { LogProb = new float[scored], Rank = new int[scored], Entropy = new float[scored], Variance = new float[scored], Pooled = [] };
        int done = 0;
        for (int i = 0; i < windows.Count; i++)
        {
            // The window's entry j is the text's entry start + j; those that an earlier window gave stay.
            int from = done - windows[i].Start, count = parts[i].LogProb.Length - from;
            Copy(parts[i].LogProb, whole.LogProb);
            Copy(parts[i].Rank, whole.Rank);
            Copy(parts[i].Entropy, whole.Entropy);
            Copy(parts[i].Variance, whole.Variance);
            done += count;

            void Copy<T>(T[] part, T[] into) => Array.Copy(part, from, into, done, count);
        }
        return whole;
    }
}
