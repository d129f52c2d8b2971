using System.Text.Json;
using CsCheck;
using Detection.Text.BytePairs;

namespace Detection.Tests.Text;

public class PreTokenizerTests
{
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    [Fact]
    public void Words_by_hand_are_those_of_the_expression()
    {
        PreTokenizer hand = PreTokenizer.Parse(Field("""{"type":"ByteLevel","add_prefix_space":false}"""))[0];
        PreTokenizer expression = Pattern(Gpt2, "Isolated");
        Gen.OneOf(Gen.String[Gen.Char["ab'srevl 1²Ⅷ\n\t\u00a0\u2003\u3000!é\u0301한"], 0, 40], Gen.String.Select(AlignedText.WellFormed))
            .Select(Gen.String[Gen.Char["x😀𝖍𝟘"], 0, 4], (text, astral) => AlignedText.WellFormed(text + astral + text))
            .Sample(text => Assert.Equal(Split(expression, text), Split(hand, text)), iter: 5000);
    }

    [Fact]
    public void Delimiters_are_treated_as_the_behaviour_says()
    {
        Assert.Equal(["a", ",", ",", "b", ",", "c", ","], Split(Pattern(",", "Isolated"), "a,,b,c,"));
        Assert.Equal(["a", "b", "c"], Split(Pattern(",", "Removed"), "a,,b,c,"));
        Assert.Equal([",", ",", ",", ","], Split(Pattern(",", "Removed", invert: true), "a,,b,c,"));
        Assert.Equal(["a,", ",", "b,", "c,"], Split(Pattern(",", "MergedWithPrevious"), "a,,b,c,"));
        Assert.Equal(["a", ",", ",b", ",c", ","], Split(Pattern(",", "MergedWithNext"), "a,,b,c,"));
        Assert.Equal(["a", ",,", "b", ",", "c", ","], Split(Pattern(",", "Contiguous"), "a,,b,c,"));
    }

    [Fact]
    public void A_mathematical_letter_is_a_letter_and_an_emoji_is_not()
    {
        Assert.Equal(["a𝖍", "😀", "b"], Split(Pattern(@"\p{L}+", "Isolated"), "a𝖍😀b"));
        Assert.Equal(["𝟘𝟙"], Split(Pattern(@"\p{N}{1,3}", "Isolated"), "𝟘𝟙"));
    }

    [Fact]
    public void Case_folds_as_in_Oniguruma() => Assert.Equal(["a", "'ſ", "b"], Split(Pattern("(?i:'s|'t)", "Isolated"), "a'ſb"));

    [Theory]
    [InlineData(@"\w+"), InlineData(@"\p{Han}"), InlineData("a++"), InlineData("^a"), InlineData("[a&&b]"), InlineData(@"\h"), InlineData("(?<n>a)"), InlineData("(a"), InlineData("a)"), InlineData("[a"), InlineData("😀")]
    public void A_pattern_that_means_something_else_is_refused(string pattern) =>
        Assert.True(Record.Exception(() => Pattern(pattern, "Isolated")) is NotSupportedException or InvalidDataException);

    [Fact]
    public void Composing_keeps_places_and_takes_bounded_time_whatever_the_marks()
    {
        Piece composed = AlignedText.Composed(new Piece(new AlignedText("xe\u0301y"), 0, 4));
        Assert.Equal("xéy", composed.Text.Text);
        Assert.Equal([(0, 1), (1, 2), (3, 4)], Enumerable.Range(0, 3).Select(i => (composed.Text.Start(i), composed.Text.End(i + 1))));
        string marks = "a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 1 << 18));
        ThreadTime.Within("a megabyte", TimeSpan.FromSeconds(20), () => AlignedText.Composed(new Piece(new AlignedText(marks), 0, marks.Length)));
    }

    [Fact]
    public void A_text_composed_cluster_by_cluster_is_the_text_composed() => Gen.String.Select(AlignedText.WellFormed).Where(text => !text.Contains('\uFFFE')).Sample(text =>
        Assert.Equal(text.Normalize(), text.Length == 0 ? "" : AlignedText.Composed(new Piece(new AlignedText(text), 0, text.Length)).Text.Text), iter: 3000);

    private static PatternSplit Pattern(string regex, string behaviour, bool invert = false) =>
        new(Field(JsonSerializer.Serialize(new { pattern = new { Regex = regex }, behavior = behaviour, invert })));

    private static JsonField Field(string json) => new(JsonElement.Parse(json), "pre_tokenizer");

    private static List<string> Split(PreTokenizer step, string text)
    {
        List<Piece> pieces = [];
        if (text.Length > 0) step.Split(new Piece(new AlignedText(text), 0, text.Length), pieces);
        return [.. pieces.Select(piece => piece.Span.ToString())];
    }
}
