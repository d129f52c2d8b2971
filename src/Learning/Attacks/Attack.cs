using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Detection.Text;

namespace Detection.Learning.Attacks;

/// <summary>
/// A change of a text that a person still reads as the same and a detector may not: one of the eight attacks of RAID (Dugan et al. 2024, arXiv:2405.07940) that need
/// no model, with RAID's name, rule and share of places. Pure: the same text and seed give the same text.
/// </summary>
/// <param name="Name">As RAID calls it.</param>
/// <param name="Fraction">Share of the places that are changed, rounded down to whole places.</param>
public sealed record Attack(string Name, double Fraction)
{
    private const string ZeroWidthSpace = "\u200B";

    /// <summary>Where it may change a text: in order, none over another.</summary>
    private Func<string, IReadOnlyList<TextSpan>> Places { get; init; } = _ => [];

    /// <summary>What a place holds afterwards.</summary>
    private Func<string, Random, string> Change { get; init; } = (text, _) => text;

    /// <summary>One place may be drawn more than once.</summary>
    private bool Repeats { get; init; }

    /// <summary>"a", "an" and "the" between plain spaces go.</summary>
    public static Attack ArticleDeletion { get; } = new("article_deletion", 0.5) { Places = AttackPlaces.Articles, Change = (_, _) => "" };

    /// <summary>22 Latin letters become their Cyrillic or Greek look-alikes.</summary>
    public static Attack Homoglyph { get; } = new("homoglyph", 1) { Places = AttackPlaces.LettersWithLookAlikes, Change = AttackPlaces.LookAlike };

    /// <summary>Numbers get other digits.</summary>
    public static Attack Number { get; } = new("number", 0.5) { Places = AttackPlaces.Numbers, Change = AttackPlaces.OtherDigits };

    /// <summary>A second space after a word.</summary>
    public static Attack Whitespace { get; } = new("whitespace", 0.2) { Places = AttackPlaces.EndsOfWords, Change = (_, _) => " ", Repeats = true };

    /// <summary>The first letter of a word changes its case.</summary>
    public static Attack UpperLower { get; } = new("upper_lower", 0.05) { Places = AttackPlaces.FirstLetters, Change = AttackPlaces.OtherCase };

    /// <summary>U+200B behind a character.</summary>
    public static Attack ZeroWidth { get; } = new("zero_width_space", 1) { Places = AttackPlaces.EndsOfCharacters, Change = (_, _) => ZeroWidthSpace };

    /// <summary>A blank line between two sentences.</summary>
    public static Attack InsertParagraphs { get; } = new("insert_paragraphs", 0.5) { Places = AttackPlaces.StartsOfLaterSentences, Change = (_, _) => "\n\n" };

    /// <summary>American spelling becomes British.</summary>
    public static Attack AlternativeSpelling { get; } = new("alternative_spelling", 1) { Places = Spellings.AmericanWords, Change = (word, _) => Spellings.British(word) };

    public static IReadOnlyList<Attack> All { get; } = [ArticleDeletion, Homoglyph, Number, Whitespace, UpperLower, ZeroWidth, InsertParagraphs, AlternativeSpelling];

    /// <summary>How many places of a text it may change.</summary>
    public int PlacesIn(string text) => Places(text).Count;

    /// <summary>The attacked text.</summary>
    /// <param name="seed">Draws other places and other letters.</param>
    public string Apply(string text, int seed = 0)
    {
        var places = Places(text);
        int edits = (int)(places.Count * Fraction);
        if (edits == 0) return text;
        var random = new Random(seed ^ OwnSeed(text));
        var changed = new StringBuilder(text.Length + edits);
        int copied = 0;
        foreach (int i in Draw(places.Count, edits, random))
        {
            var place = places[i];
            changed.Append(text, copied, place.Start - copied).Append(Change(text[place.Start..place.End], random));
            copied = place.End;
        }
        return changed.Append(text, copied, text.Length - copied).ToString();
    }

    private int[] Draw(int from, int count, Random random)
    {
        int[] drawn;
        if (Repeats) drawn = [.. Enumerable.Range(0, count).Select(_ => random.Next(from))];
        else
        {
            drawn = [.. Enumerable.Range(0, from)];
            random.Shuffle(drawn);
        }
        drawn = drawn[..count];
        Array.Sort(drawn);
        return drawn;
    }

    /// <summary>Two texts are not changed in step.</summary>
    private int OwnSeed(string text) => BinaryPrimitives.ReadInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{Name}\n{text}")));
}
