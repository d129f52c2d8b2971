using System.Globalization;

namespace Detection.Detectors.Heads;

/// <summary>
/// What a person would count on the normalised text. Line breaks, the year and headers are left out on purpose: they give labels away in the data sets
/// (published-numbers.md §3.1) and mean nothing in the field.
/// </summary>
public sealed class SurfaceFeatures
{
    private const string Counted = "!?.,:;-'\"()/@#%&*";

    private SurfaceFeatures(float[] values) => Values = values;

    public static IReadOnlyList<string> Names { get; } =
    [
        "log_characters", "log_words", "mean_word_length", "word_length_std", "different_words", "words_a_sentence",
        "digits", "capitals", "words_in_capitals", "not_ascii", "money", "addresses_a_word", "mailboxes_a_word", "long_numbers_a_word",
        .. Counted.Select(letter => $"share_of_{letter}"),
    ];

    /// <summary>How many of <see cref="Names"/>, from the first, say how long a text is and how rich its words are: all that a head for authorship may read.</summary>
    public const int PlainCount = 5;

    public float[] Values { get; }

    /// <param name="text">Normalised.</param>
    public static SurfaceFeatures Of(string text)
    {
        string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        double characters = Math.Max(1, text.Length), count = Math.Max(1, words.Length);
        double meanLength = words.Length == 0 ? 0 : words.Average(word => (double)word.Length);
        int different = words.Take(100).Select(word => word.ToLowerInvariant()).Distinct(StringComparer.Ordinal).Count();
        int ends = 0, digits = 0, capitals = 0, notAscii = 0, money = 0;
        Span<int> counted = stackalloc int[Counted.Length];
        foreach (char letter in text)
        {
            if (letter is '.' or '!' or '?') ends++;
            if (char.IsAsciiDigit(letter)) digits++;
            else if (char.IsUpper(letter)) capitals++;
            if (letter > 0x7f) notAscii++;
            if (letter == '$' || letter > 0x7f && char.GetUnicodeCategory(letter) == UnicodeCategory.CurrencySymbol) money++;
            if (letter < 0x7f && Counted.IndexOf(letter) is >= 0 and int at) counted[at]++;
        }
        List<double> values =
        [
            Math.Log(text.Length + 1),
            Math.Log(words.Length + 1),
            meanLength,
            words.Length == 0 ? 0 : Math.Sqrt(words.Average(word => Math.Pow(word.Length - meanLength, 2))),
            // Of the first hundred words, so that long texts do not look poor.
            different / Math.Max(1.0, Math.Min(100, words.Length)),
            Math.Min(60, count / Math.Max(1, ends)),
            digits / characters,
            capitals / characters,
            words.Count(word => word.Length > 2 && word.All(letter => !char.IsLower(letter)) && word.Any(char.IsUpper)) / count,
            notAscii / characters,
            money / count,
            words.Count(IsAddress) / count,
            words.Count(word => word.IndexOf('@') is > 0 and int at && word.IndexOf('.', at) > 0) / count,
            words.Count(word => word.Count(char.IsAsciiDigit) >= 5) / count,
        ];
        foreach (int number in counted) values.Add(number / characters);
        return new SurfaceFeatures([.. values.Select(value => (float)value)]);
    }

    private static bool IsAddress(string word) =>
        word.Contains("://", StringComparison.Ordinal) || word.StartsWith("www.", StringComparison.OrdinalIgnoreCase);
}
