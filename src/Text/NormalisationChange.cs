namespace Detection.Text;

/// <summary>A range of UTF-16 units, end exclusive.</summary>
public readonly record struct TextSpan(int Start, int End)
{
    public int Length => End - Start;
}

/// <summary>
/// One kind of thing that was normalised away, as evidence: how often, and where in the original (neighbours joined, at most
/// <see cref="MaxSpans"/>). What ordinary text has is not listed: white space and line breaks, no-break spaces, a byte-order mark,
/// joiners between spaces (newsletters pad their first line with them), bidi marks beside right-to-left letters.
/// </summary>
public sealed record NormalisationChange(string Kind, int Count, IReadOnlyList<TextSpan> Spans)
{
    public const int MaxSpans = 1000;

    /// <summary>Invisible characters inside words, soft hyphens included, and data in variation selectors or tags.</summary>
    public const string ZeroWidth = "zero-width";

    /// <summary>Marks, embeddings, overrides and isolates of the bidirectional algorithm in a text without right-to-left letters; overrides in any text.</summary>
    public const string BidiControl = "bidi-control";

    /// <summary>Letters of another script, or styled ones, that stand for Latin letters.</summary>
    public const string Confusable = "confusable";

    /// <summary>Spaces that no keyboard makes: thin, figure, ideographic (outside East Asian text), blank Hangul and Braille.</summary>
    public const string OddSpace = "odd-space";

    /// <summary>Characters that canonical composition (NFC) changes.</summary>
    public const string Composition = "nfc";

    /// <summary>Control characters, noncharacters, halves of surrogate pairs, and more marks on one letter than any language has.</summary>
    public const string Control = "control";
}
