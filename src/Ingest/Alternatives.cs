using System.Globalization;
using Detection.Contracts;

namespace Detection.Ingest;

/// <summary>Whether the plain text of a message says the same as what a person is shown.</summary>
internal static class Alternatives
{
    private const string Name = "alternatives-differ";
    private const double Alike = 0.4;   // share of common words; below it the two are different messages
    private const int MinWords = 5;     // "Please use a program that shows HTML." is no other message
    private const int MaxWords = 5000;

    public static Fact? Differ(string plain, string shown)
    {
        var plainWords = Words(plain);
        var shownWords = Words(shown);
        if (plainWords.Count < MinWords) return null;
        if (shownWords.Count == 0) return new Fact(Name, "The plain text has words, the HTML shows none.");
        int common = plainWords.Count(shownWords.Contains);
        double share = common / (double)(plainWords.Count + shownWords.Count - common);
        return share >= Alike ? null : new Fact(Name, string.Create(CultureInfo.InvariantCulture, $"The plain text says something else than the HTML: {share * 100:F0} % of their words are common."));
    }

    private static HashSet<string> Words(string text) =>
    [
        .. text.Split((char[]?)null, MaxWords, StringSplitOptions.RemoveEmptyEntries).Take(MaxWords - 1)
            .Select(word => word.Trim('.', ',', ';', ':', '!', '?', '(', ')', '"', '\'', '*', '-', '<', '>').ToLowerInvariant())
            .Where(word => word.Length is > 0 and < 100 && word.All(char.IsLetter)),
    ];
}
