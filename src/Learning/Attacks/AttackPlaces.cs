using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Detection.Text;

namespace Detection.Learning.Attacks;

/// <summary>Where the attacks may change a text, and what they put there.</summary>
internal static partial class AttackPlaces
{
    private static readonly string[] ArticleWords = [" a ", " an ", " the "];

    /// <summary>RAID's 22 letters, each with its Cyrillic and Greek look-alikes.</summary>
    private static readonly FrozenDictionary<char, string> LookAlikes = ("a\u0430 A\u0410\u0391 B\u0412\u0392 c\u0441 C\u0421 e\u0435 E\u0415\u0395 H\u041D\u0397 i\u0456 I\u0406\u0399 K\u041A\u039A "
        + "M\u041C\u039C N\u039D o\u043E O\u041E\u039F p\u0440 P\u0420\u03A1 T\u0422\u03A4 x\u0445 X\u0425\u03A7 y\u0443 Z\u0396").Split(' ').ToFrozenDictionary(letter => letter[0], letter => letter[1..]);

    /// <summary>An article and the space before it.</summary>
    public static IReadOnlyList<TextSpan> Articles(string text)
    {
        List<TextSpan> places = [];
        for (int i = text.IndexOf(' ', StringComparison.Ordinal); i >= 0; i = text.IndexOf(' ', i + 1))
            if (Array.Find(ArticleWords, article => string.CompareOrdinal(text, i, article, 0, article.Length) == 0) is { } found)
                places.Add(new TextSpan(i, i + found.Length - 1));
        return places;
    }

    public static IReadOnlyList<TextSpan> LettersWithLookAlikes(string text) => [.. Each(text, i => LookAlikes.ContainsKey(text[i]))];

    public static string LookAlike(string letter, Random random)
    {
        string choice = LookAlikes[letter[0]];
        return choice[random.Next(choice.Length)].ToString();
    }

    public static IReadOnlyList<TextSpan> Numbers(string text) => Found(Number(), text);

    public static string OtherDigits(string number, Random random) => string.Concat(number.Select(digit => char.IsAsciiDigit(digit) ? (char)('0' + random.Next(10)) : digit));

    /// <summary>Behind each piece between plain spaces, the last one too.</summary>
    public static IReadOnlyList<TextSpan> EndsOfWords(string text) => [.. Each(text, i => text[i] == ' ').Select(space => new TextSpan(space.Start, space.Start)), new TextSpan(text.Length, text.Length)];

    /// <summary>Letters with two cases at the start of a word; what stands behind an apostrophe or hyphen inside one is no start.</summary>
    public static IReadOnlyList<TextSpan> FirstLetters(string text) => [.. Each(text, i => OtherCase(text[i]) != text[i] && (i == 0 || !IsInWord(text, i - 1)))];

    public static string OtherCase(string letter, Random random) => OtherCase(letter[0]).ToString();

    /// <summary>Behind each character; halves of a surrogate pair stay together.</summary>
    public static IReadOnlyList<TextSpan> EndsOfCharacters(string text)
    {
        List<TextSpan> places = new(text.Length);
        for (int i = 0; i < text.Length;)
        {
            i += char.IsSurrogatePair(text, i) ? 2 : 1;
            places.Add(new TextSpan(i, i));
        }
        return places;
    }

    /// <summary>Behind white space that follows the end of a sentence and stands before something that is no small letter.</summary>
    public static IReadOnlyList<TextSpan> StartsOfLaterSentences(string text)
    {
        List<TextSpan> places = [];
        for (int i = 1; i < text.Length; i++)
        {
            if (!char.IsWhiteSpace(text[i - 1]) || char.IsWhiteSpace(text[i]) || char.IsLower(text[i])) continue;
            int last = i - 1;
            while (last >= 0 && char.IsWhiteSpace(text[last])) last--;
            while (last >= 0 && text[last] is '"' or '\'' or '”' or '’' or ')' or ']') last--;
            if (last >= 0 && text[last] is '.' or '!' or '?' or '…') places.Add(new TextSpan(i, i));
        }
        return places;
    }

    public static IReadOnlyList<TextSpan> Found(Regex pattern, string text) => [.. pattern.Matches(text).Select(match => new TextSpan(match.Index, match.Index + match.Length))];

    private static IEnumerable<TextSpan> Each(string text, Func<int, bool> holds) => Enumerable.Range(0, text.Length).Where(holds).Select(i => new TextSpan(i, i + 1));

    private static char OtherCase(char letter) => char.IsUpper(letter) ? char.ToLowerInvariant(letter) : char.ToUpperInvariant(letter);

    private static bool IsInWord(string text, int at) => char.IsLetterOrDigit(text[at]) || text[at] is '\'' or '’' or '-' && at > 0 && char.IsLetterOrDigit(text[at - 1]);

    [GeneratedRegex(@"[0-9]+\.?[0-9]*", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
