using System.Collections.Frozen;
using Detection.Text.Languages;
using Lingua;

namespace Detection.Text;

/// <summary>A language by its ISO 639-1 code (<c>en</c>), and how sure that is (0 … 1).</summary>
public sealed record Language(string Code, double Confidence);

/// <summary>
/// Says which language a text is in, from its first letters. Slang, lists of names and short texts have no answer: an unknown language
/// counts as supported, so that a false one costs more than none. Plain English is recognised by its small words; the rest is
/// asked of Lingua (trigrams of 28 languages, loaded on first use). Safe from several threads.
/// </summary>
public sealed class LanguageIdentifier
{
    /// <summary>Fewer letters have no answer.</summary>
    public const int MinLetters = 25;

    private const double EnoughConfidence = 0.9;
    private const double EnglishInDoubt = 0.05; // chat English is not close to English, but to nothing else either
    private const double OwnWords = 0.08, FunctionWords = 0.18; // shares that only English reaches
    private const double SharedWords = 0.09, FewOwnWords = 0.05; // shares from which on a text may be English yet, a short and a long one
    private const int ShortText = 150; // letters; below it words that English shares are reason enough to doubt

    private static readonly FrozenDictionary<Lingua.Language, string> Codes = new Dictionary<Lingua.Language, string>
    {
        [Lingua.Language.Arabic] = "ar",
        [Lingua.Language.Czech] = "cs",
        [Lingua.Language.Danish] = "da",
        [Lingua.Language.German] = "de",
        [Lingua.Language.Greek] = "el",
        [Lingua.Language.English] = "en",
        [Lingua.Language.Spanish] = "es",
        [Lingua.Language.Persian] = "fa",
        [Lingua.Language.Finnish] = "fi",
        [Lingua.Language.French] = "fr",
        [Lingua.Language.Hebrew] = "he",
        [Lingua.Language.Hindi] = "hi",
        [Lingua.Language.Hungarian] = "hu",
        [Lingua.Language.Indonesian] = "id",
        [Lingua.Language.Italian] = "it",
        [Lingua.Language.Japanese] = "ja",
        [Lingua.Language.Korean] = "ko",
        [Lingua.Language.Dutch] = "nl",
        [Lingua.Language.Polish] = "pl",
        [Lingua.Language.Portuguese] = "pt",
        [Lingua.Language.Romanian] = "ro",
        [Lingua.Language.Russian] = "ru",
        [Lingua.Language.Swedish] = "sv",
        [Lingua.Language.Thai] = "th",
        [Lingua.Language.Turkish] = "tr",
        [Lingua.Language.Ukrainian] = "uk",
        [Lingua.Language.Vietnamese] = "vi",
        [Lingua.Language.Chinese] = "zh",
    }.ToFrozenDictionary();

    private static readonly Lazy<LanguageDetector> Detector = new(() => LanguageDetectorBuilder.FromLanguages([.. Codes.Keys]).WithLowAccuracyMode().Build());

    /// <summary>The language of a text (as it is judged, or as it was written), or null.</summary>
    public Language? Identify(string text)
    {
        LanguageSample sample = LanguageSample.Take(text);
        if (sample.Letters < MinLetters) return null;
        (double own, double all) = sample.EnglishShares();
        if (own >= OwnWords && all >= FunctionWords) return new Language("en", 0.99);
        IReadOnlyDictionary<Lingua.Language, double> confidences = Detector.Value.ComputeLanguageConfidenceValues(sample.Text);
        (Lingua.Language best, double confidence) = confidences.MaxBy(pair => pair.Value);
        if (best == Lingua.Language.English) return new Language("en", confidence);
        bool perhapsEnglish = sample.Letters < ShortText ? all > SharedWords : own > FewOwnWords;
        bool sure = confidence >= EnoughConfidence && confidences.GetValueOrDefault(Lingua.Language.English) <= EnglishInDoubt && !perhapsEnglish;
        return sure ? new Language(Codes[best], confidence) : null;
    }
}
