using CsCheck;
using Detection.Storage;

namespace Detection.Tests.Storage;

public sealed class RedactionTests
{
    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.OneOf(new[] { "anna@example.org", "https://example.org/a?b=c", "+49 170 1234567", "4111-1111-1111-1111", "www.example.org/x", " ", ",", "@", "words", "1", "*", "\ud83d\ude00", "/", ":", "<", "." }.Select(Gen.Const).ToArray()),
        Gen.String[0, 6]).Array[0, 12].Select(parts => string.Concat(parts));

    [Theory]
    [InlineData("write to anna.b+c@mail.example.org, please", "write to *************************, please")]
    [InlineData("Card 4111 1111 1111 1111.", "Card *******************.")]
    [InlineData("(+49) 170/123 45 67!", "(+*****************!")]
    [InlineData("https://user.example.org/reset?token=abc.", "https://user.example.org*****************")]
    [InlineData("see <http://example.org/a>", "see <http://example.org**>")]
    [InlineData("WWW.Example.org/path", "WWW.Example.org*****")]
    [InlineData("https://example.org", "https://example.org")]
    [InlineData("In 2026 we sold 123456 of them @ 5 each.", "In 2026 we sold 123456 of them @ 5 each.")]
    [InlineData("a@b@c", "*****")]
    public void What_points_at_a_person_is_masked(string text, string masked) => Assert.Equal(masked, Redaction.Text(text));

    [Fact]
    public void Lengths_and_everything_else_stay() => Texts.Sample(text =>
    {
        string masked = Redaction.Text(text);
        Assert.Equal(text.Length, masked.Length);
        Assert.All(text.Zip(masked), pair => Assert.True(pair.Second == pair.First || pair.Second == '*'));
    });

    [Fact]
    public void Masked_again_nothing_changes() => Texts.Sample(text => Assert.Equal(Redaction.Text(text), Redaction.Text(Redaction.Text(text))));

    [Fact]
    public void No_address_and_no_long_number_is_left() => Texts.Sample(text =>
    {
        string masked = Redaction.Text(text + " anna@example.org 12345678");
        Assert.DoesNotContain("anna@example.org", masked, StringComparison.Ordinal);
        Assert.DoesNotContain("12345678", masked, StringComparison.Ordinal);
    });
}
