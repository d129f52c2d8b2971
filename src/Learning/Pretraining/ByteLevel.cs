using System.Text;
using System.Text.RegularExpressions;
using Detection.Text.BytePairs;

namespace Detection.Learning.Pretraining;

/// <summary>
/// The byte-level pre-tokenisation of GPT-2 with single digits split off, as <c>tokenizer.json</c> names them:
/// <c>Digits(individual_digits)</c> then <c>ByteLevel(add_prefix_space: false)</c> (huggingface/tokenizers).
/// </summary>
internal static partial class ByteLevel
{
    /// <summary>All 256 letters in the order of the vocabulary: printable bytes first, as GPT-2 lists them.</summary>
    public static IEnumerable<char> Letters => Enumerable.Range(0, 256).Select(value => ByteAlphabet.Letter((byte)value)).Order();

    /// <summary>The pieces that merges never cross, as letters.</summary>
    public static IEnumerable<string> Words(string text)
    {
        foreach (string run in DigitRuns(text))
            foreach (var piece in Ranges(Piece().EnumerateMatches(run)))
                yield return Spell(run.AsSpan(piece.Start, piece.End - piece.Start));
    }

    public static string Spell(ReadOnlySpan<char> piece)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(piece.Length)];
        int count = Encoding.UTF8.GetBytes(piece, bytes);
        return string.Create(count, bytes, static (letters, source) =>
        {
            for (int i = 0; i < letters.Length; i++) letters[i] = ByteAlphabet.Letter(source[i]);
        });
    }

    /// <summary>Each digit is a piece of its own; what lies between is split further.</summary>
    private static IEnumerable<string> DigitRuns(string text)
    {
        int start = 0;
        foreach (var digit in Ranges(Digit().EnumerateMatches(text)))
        {
            if (digit.Start > start) yield return text[start..digit.Start];
            yield return text[digit.Start..digit.End];
            start = digit.End;
        }
        if (start < text.Length) yield return text[start..];
    }

    private static List<(int Start, int End)> Ranges(Regex.ValueMatchEnumerator matches)
    {
        var ranges = new List<(int, int)>();
        foreach (var match in matches) ranges.Add((match.Index, match.Index + match.Length));
        return ranges;
    }

    [GeneratedRegex(@"\p{N}", RegexOptions.CultureInvariant)]
    private static partial Regex Digit();

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Piece();
}
