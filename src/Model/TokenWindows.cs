namespace Detection.Model;

/// <summary>How a sequence longer than a model's context is read: in windows that overlap by half, so that each token but those of the first window has at least half a context before it.</summary>
public static class TokenWindows
{
    /// <param name="tokens">Length of the sequence, at least 0.</param>
    /// <param name="context">Longest sequence the model takes, at least 2.</param>
    /// <returns>Start and length of each window, in order; one that covers the whole where it fits.</returns>
    public static IReadOnlyList<(int Start, int Length)> Of(int tokens, int context)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 2);
        var windows = new List<(int Start, int Length)> { (0, Math.Min(tokens, context)) };
        while (windows[^1].Start + windows[^1].Length < tokens)
        {
            int start = windows[^1].Start + context / 2;
            windows.Add((start, Math.Min(context, tokens - start)));
        }
        return windows;
    }
}
