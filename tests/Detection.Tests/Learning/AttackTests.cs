using CsCheck;
using Detection.Learning.Attacks;
using Detection.Learning.Data;
using Detection.Text;

namespace Detection.Tests.Learning;

public sealed class AttackTests(ITestOutputHelper output)
{
    private const string Letter = "I saw the color of a honored guest on 12 May 1999. \"It was an apology,\" he said. The center of Town is at 3.5 km! Don't ask; a well-known ITEM, Theater 7 and the gray one. Yes.";

    private static readonly string[] Parts = ["the", " ", "a", " the ", " a an the ", "Color", "12.5", ".", "!", "\n", "\u200b", "é", "е", "😀", "\ud83d", "\ude00", "'", ")", "x", "ORGANIZED", "\u0000", "漢", "ǅ"];
    private static readonly Gen<string> Hostile = Gen.OneOf(Gen.String, Gen.Int[0, Parts.Length - 1].Array[0, 40].Select(chosen => string.Concat(chosen.Select(part => Parts[part]))));

    public static TheoryData<string> Names { get; } = [.. Attack.All.Select(attack => attack.Name)];

    /// <summary>Those that only add or replace signs which a reader does not notice.</summary>
    public static TheoryData<string> Undone { get; } = [Attack.Homoglyph.Name, Attack.ZeroWidth.Name, Attack.Whitespace.Name, Attack.InsertParagraphs.Name];

    [Fact]
    public void The_eight_have_the_fractions_of_RAID() => Assert.Equal(
        [("article_deletion", 0.5), ("homoglyph", 1), ("number", 0.5), ("whitespace", 0.2), ("upper_lower", 0.05), ("zero_width_space", 1), ("insert_paragraphs", 0.5), ("alternative_spelling", 1)],
        Attack.All.Select(attack => (attack.Name, attack.Fraction)));

    [Theory]
    [InlineData("article_deletion", "on a hill an apple the end, the; The a", "on hill an apple the end, the; The a", 3)]
    [InlineData("number", "in 1999 or 3.5 or 7", "", 3)]
    [InlineData("whitespace", "one two three four five", "", 5)]
    [InlineData("upper_lower", "Don't ask a well-known 3rd Éclair", "", 5)]
    [InlineData("zero_width_space", "a😀b", "a\u200b😀\u200bb\u200b", 3)]
    [InlineData("insert_paragraphs", "He came. (She went.) \"Why?\" he asked. e.g. this", "", 2)]
    [InlineData("alternative_spelling", "Color, ORGANIZED theaters traveled; size and prize", "Colour, ORGANISED theatres travelled; size and prize", 4)]
    [InlineData("homoglyph", "dg", "dg", 0)]
    [InlineData("homoglyph", "aceiopxy", "асеіорху", 8)]
    public void Places_are_those_of_RAID(string name, string text, string expected, int places)
    {
        var attack = Named(name);
        Assert.Equal(places, attack.PlacesIn(text));
        if (expected.Length > 0 && attack.Fraction == 1) Assert.Equal(expected, attack.Apply(text));
    }

    [Fact]
    public void The_share_of_places_is_changed_and_nothing_else()
    {
        string text = string.Join(' ', Enumerable.Repeat(Letter, 20));
        int Edits(Attack attack) => (int)(attack.PlacesIn(text) * attack.Fraction);
        string Of(Attack attack) => attack.Apply(text);

        Assert.Equal(text.Length - Of(Attack.ArticleDeletion).Length, text.Split(' ').Length - Of(Attack.ArticleDeletion).Split(' ').Length + LettersOfArticles(text) - LettersOfArticles(Of(Attack.ArticleDeletion)));
        Assert.Equal(Edits(Attack.ArticleDeletion), text.Split(' ').Length - Of(Attack.ArticleDeletion).Split(' ').Length);

        Assert.Equal(Edits(Attack.Homoglyph), Different(text, Of(Attack.Homoglyph)));
        Assert.Equal(text, TextNormaliser.Normalise(Of(Attack.Homoglyph)).Text);

        Assert.InRange(Different(text, Of(Attack.Number)), Edits(Attack.Number), text.Count(char.IsAsciiDigit));
        Assert.Equal(text.Where(letter => !char.IsAsciiDigit(letter)), Of(Attack.Number).Where(letter => !char.IsAsciiDigit(letter)));

        Assert.Equal(Edits(Attack.Whitespace), Of(Attack.Whitespace).Length - text.Length);
        Assert.Equal(text.Split(' '), Of(Attack.Whitespace).Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(Edits(Attack.UpperLower), Different(text, Of(Attack.UpperLower)));
        Assert.Equal(text, Of(Attack.UpperLower), ignoreCase: true);

        Assert.Equal(text, Of(Attack.ZeroWidth).Replace("\u200b", "", StringComparison.Ordinal));
        Assert.Equal(2 * text.Length, Of(Attack.ZeroWidth).Length);

        Assert.Equal(2 * Edits(Attack.InsertParagraphs), Of(Attack.InsertParagraphs).Count(letter => letter == '\n'));
        Assert.Equal(text, Of(Attack.InsertParagraphs).Replace("\n", "", StringComparison.Ordinal));

        Assert.Equal(0, Attack.AlternativeSpelling.PlacesIn(Of(Attack.AlternativeSpelling)));
        Assert.Equal(Edits(Attack.AlternativeSpelling), text.Split(' ').Zip(Of(Attack.AlternativeSpelling).Split(' ')).Count(pair => pair.First != pair.Second));
    }

    [Theory, MemberData(nameof(Names))]
    public void The_same_seed_gives_the_same_text_and_no_text_breaks_it(string name)
    {
        var attack = Named(name);
        Gen.Select(Hostile, Gen.Int).Sample((text, seed) =>
        {
            string attacked = attack.Apply(text, seed);
            Assert.Equal(attacked, attack.Apply(text, seed));
            if ((int)(attack.PlacesIn(text) * attack.Fraction) == 0) Assert.Equal(text, attacked);
        }, iter: 2_000);
        Assert.Equal("", attack.Apply(""));
    }

    [Theory]
    [InlineData("article_deletion"), InlineData("number"), InlineData("whitespace"), InlineData("upper_lower"), InlineData("insert_paragraphs")]
    public void Another_seed_draws_other_places(string name)
    {
        string text = string.Join(' ', Enumerable.Repeat(Letter, 20));
        Assert.NotEqual(Named(name).Apply(text, 1), Named(name).Apply(text, 2));
    }

    [Theory, MemberData(nameof(Undone))]
    public void Normalisation_undoes_it_on_real_texts(string name)
    {
        var attack = Named(name);
        int attacked = 0;
        List<string> left = [];
        foreach (string file in Directory.EnumerateFiles(Repository.Shared("data", "synthetic"), "*.jsonl.gz").Where(file => !file.Contains("reference_scores", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
            foreach (var row in LabelledFile.Read(file).Where(row => !SplitRules.IsFinal(row.Text)).Take(Rows))
            {
                string changed = attack.Apply(row.Text);
                if (changed == row.Text) continue;
                attacked++;
                string clean = JudgedText.From(row.Text).Text, read = JudgedText.From(changed).Text;
                if (read != clean) left.Add($"{row.Id} {Difference(clean, read)}");
            }
        output.WriteLine($"{name}: {left.Count} of {attacked} read otherwise: {string.Join('\n', left)}");
        Assert.True(left.Count <= attacked / 100, $"{left.Count} of {attacked} read otherwise: {string.Join('\n', left.Take(20))}");
    }

    [Theory]
    [InlineData("homoglyph"), InlineData("zero_width_space"), InlineData("whitespace")]
    public void Quotes_and_signatures_are_found_in_an_attacked_mail(string name)
    {
        const string Mail = "Thanks!\n\nOn Tue, 5 Mar 2024 at 10:12, Bob <bob@example.org> wrote:\n> Shall I?\n> Bob\n\nLater, not now.\n-- \nAnn Example\n+44 1234\n";
        Assert.Equal("Thanks! Later, not now.", JudgedText.From(Mail).Text);
        for (int seed = 0; seed < 20; seed++) Assert.Equal("Thanks! Later, not now.", JudgedText.From(Named(name).Apply(Mail, seed)).Text);
    }

    private const int Rows = 150;

    private static Attack Named(string name) => Attack.All.Single(attack => attack.Name == name);

    private static int Different(string one, string other) => one.Zip(other).Count(pair => pair.First != pair.Second);

    private static string Difference(string clean, string read)
    {
        int at = clean.Zip(read).TakeWhile(pair => pair.First == pair.Second).Count();
        string Around(string text) => text[Math.Max(0, at - 12)..Math.Min(text.Length, at + 12)];
        return $"'{Around(clean)}' as '{Around(read)}'";
    }

    private static int LettersOfArticles(string text) => text.Split(' ').Where(word => word is "a" or "an" or "the").Sum(word => word.Length);
}
