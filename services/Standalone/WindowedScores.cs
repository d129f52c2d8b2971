using Detection.Detectors;
using Detection.Detectors.Criteria;
using Detection.Model;

namespace Detection.Standalone;

/// <summary>What is said of one text.</summary>
/// <param name="Tokens">As <see cref="TokenScores"/>, without pooled states: entry i belongs to token i + 1.</param>
/// <param name="Second">Null without an observer.</param>
internal sealed record TextScores(TokenScores Tokens, SecondModel? Second);

/// <summary>Scores of texts of any length: what is longer than the context is read in windows that overlap by half, each token scored with at least half a context before it.</summary>
internal static class WindowedScores
{
    /// <summary>One answer a text, in order, from one call of the model.</summary>
    public static IReadOnlyList<TextScores> Score(TokenScorer scorer, ObserverModel? observer, IReadOnlyList<int[]> texts, CancellationToken cancellation)
    {
        int context = Math.Min(scorer.MaxTokens, observer?.Pair.MaxTokens ?? scorer.MaxTokens);
        var windows = texts.Select(ids => TokenWindows.Of(ids.Length, context)).ToArray();
        ReadOnlyMemory<int>[] sequences = [.. texts.SelectMany((ids, i) => windows[i].Select(window => (ReadOnlyMemory<int>)ids.AsMemory(window.Start, window.Length)))];
        TextScores[] parts = observer is null
            ? [.. scorer.Score(sequences, PoolingPlan.None, cancellation).Select(scores => new TextScores(scores, null))]
            : [.. observer.Pair.Score(sequences, PoolingPlan.None, cancellation).Select(pair => new TextScores(pair.Performer, new SecondModel(pair.CrossEntropy, pair.LogProb, pair.Variance)))];
        var whole = new TextScores[texts.Count];
        int next = 0;
        for (int i = 0; i < whole.Length; next += windows[i++].Count)
            whole[i] = windows[i].Count == 1 ? parts[next] : Join(texts[i].Length, windows[i], parts.AsSpan(next, windows[i].Count));
        return whole;
    }

    /// <summary>A window's entry j is the text's entry start + j; those that an earlier window gave stay.</summary>
    private static TextScores Join(int tokens, IReadOnlyList<(int Start, int Length)> windows, ReadOnlySpan<TextScores> parts)
    {
        int scored = tokens - 1;
        var whole = new TokenScores { LogProb = new float[scored], Rank = new int[scored], Entropy = new float[scored], Variance = new float[scored], Pooled = [] };
        var second = parts[0].Second is null ? null : new SecondModel(new float[tokens], new float[scored], new float[scored]);
        int done = 0, crossed = 0;
        for (int i = 0; i < windows.Count; i++)
        {
            var part = parts[i].Tokens;
            Append(part.LogProb, whole.LogProb, done);
            Append(part.Rank, whole.Rank, done);
            Append(part.Entropy, whole.Entropy, done);
            Append(part.Variance, whole.Variance, done);
            if (second is not null)
            {
                Append(parts[i].Second!.LogProb, second.LogProb, done);
                Append(parts[i].Second!.Variance, second.Variance, done);
                Append(parts[i].Second!.CrossEntropy, second.CrossEntropy, crossed);
            }
            done = windows[i].Start + part.LogProb.Length;
            crossed = windows[i].Start + windows[i].Length;

            void Append<T>(T[] part, T[] into, int from) => Array.Copy(part, from - windows[i].Start, into, from, windows[i].Start + part.Length - from);
        }
        return new TextScores(whole, second);
    }
}
