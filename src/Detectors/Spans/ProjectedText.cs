using Detection.Text;

namespace Detection.Detectors.Spans;

/// <summary>What one pass over a text gives for some directions: one number a token each.</summary>
/// <param name="Read">Tokens that were read, the first ones.</param>
/// <param name="Values">Direction by direction, one number a token that was read.</param>
public sealed record ProjectedText(NormalisedText Text, Tokens Tokens, int Read, float[] Values)
{
    /// <summary>The numbers of one direction, token by token.</summary>
    public ReadOnlySpan<float> Of(int direction) => Values.AsSpan(direction * Read, Read);

    /// <summary>Where tokens stand in the stored text, out to the borders of the words they are in; in parts where something that is not judged stands between.</summary>
    public IReadOnlyList<TextSpan> Places(int first, int end)
    {
        string text = Text.Text;
        int from = Tokens.Starts[first], to = Tokens.Ends[end - 1];
        while (from > 0 && from < text.Length && IsWord(text[from - 1]) && IsWord(text[from])) from--;
        while (to > 0 && to < text.Length && IsWord(text[to - 1]) && IsWord(text[to])) to++;
        return Text.PartsOfOriginal(from, to);
    }

    private static bool IsWord(char letter) => char.IsLetterOrDigit(letter) || letter is '\'' or '’' or '_' || char.IsSurrogate(letter);
}
