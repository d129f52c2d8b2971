using System.Collections.Frozen;
using System.Text;

namespace Detection.Text.Languages;

/// <summary>The first words of a text, without addresses, numbers and what else is no language.</summary>
/// <param name="Text">Words in lower case with a space between, at most <see cref="MaxLetters"/> letters.</param>
internal sealed record LanguageSample(string Text, int Letters)
{
    public const int MaxLetters = 400;
    private const int MaxRead = 4000; // characters: a message that begins with so many links says nothing soon

    // Words that English text is made of, with the ways of chats. The first are no words of the other languages here.
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> English = Words(
        "the and you your yours it its that this with from they their them there would which what when where have are our not but been were can could should for by if she his him who "
        + "how why than then these those about after before because just only some any all get got out now please more here like know don does dont gonna wanna thx pls im ur");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Shared = Words("will of to we my be as i is was has do did u let he her us or on at in");

    public static LanguageSample Take(string text)
    {
        StringBuilder words = new(MaxLetters + 64);
        int letters = 0, limit = Math.Min(text.Length, MaxRead);
        for (int start = 0, end; start < limit && letters < MaxLetters; start = end + 1)
        {
            end = start;
            while (end < limit && !char.IsWhiteSpace(text[end])) end++;
            if (!IsAddress(text.AsSpan(start, end - start))) letters += AddWords(text.AsSpan(start, end - start), words, MaxLetters - letters);
        }
        return new LanguageSample(words.ToString(), letters);
    }

    /// <summary>The shares of words that only English has, and of all its function words.</summary>
    public (double Own, double All) EnglishShares()
    {
        int words = 0, own = 0, shared = 0;
        foreach (Range range in Text.AsSpan().Split(' '))
        {
            ReadOnlySpan<char> word = Text.AsSpan()[range];
            if (word.Length == 0) continue;
            words++;
            if (English.Contains(word)) own++;
            else if (Shared.Contains(word)) shared++;
        }
        return words == 0 ? default : ((double)own / words, (double)(own + shared) / words);
    }

    private static FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Words(string words) =>
        words.Split(' ').ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private static bool IsAddress(ReadOnlySpan<char> token) =>
        token.Contains("://", StringComparison.Ordinal) || token.Contains('@') || token.StartsWith('#') || token.StartsWith("www.", StringComparison.OrdinalIgnoreCase);

    private static int AddWords(ReadOnlySpan<char> token, StringBuilder words, int most)
    {
        int letters = 0;
        bool inside = false;
        foreach (Rune rune in token.EnumerateRunes())
        {
            bool letter = Rune.IsLetter(rune) || CanonicalComposition.IsMark(Rune.GetUnicodeCategory(rune));
            if (!letter && inside) words.Append(' ');
            inside = letter;
            if (!letter || letters >= most) continue;
            words.Append(Rune.ToLowerInvariant(rune).ToString());
            letters++;
        }
        if (inside) words.Append(' ');
        return letters;
    }
}
