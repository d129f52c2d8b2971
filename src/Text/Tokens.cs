namespace Detection.Text;

/// <summary>
/// A tokenised text. The three arrays have one entry a token: the id, and the token's place in the text that was given, in UTF-16
/// code units, end exclusive. Tokens that are parts of one character all span that whole character; special tokens that were put
/// around the text span nothing (0, 0).
/// </summary>
public sealed record Tokens(int[] Ids, int[] Starts, int[] Ends)
{
    public int Count => Ids.Length;
}

/// <summary>Whether the special tokens that tokenizer.json puts around a text (a BOS, mostly) are added.</summary>
public enum SpecialTokens
{
    None,
    Default,
}
