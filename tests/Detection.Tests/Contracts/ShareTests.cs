using Detection.Contracts;

namespace Detection.Tests.Contracts;

public sealed class ShareTests
{
    [Theory]
    [InlineData("1/500", "1/500")]
    [InlineData("2/1000", "1/500")]
    [InlineData("0.002", "1/500")]
    [InlineData("1/1", "1/1")]
    [InlineData("1", "1/1")]
    [InlineData("0.000000000001", "1/1000000000000")]
    public void A_share_is_an_exact_fraction(string text, string fraction) => Assert.Equal(fraction, Share.Parse(text)!.Value.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("1/0")]
    [InlineData("0/5")]
    [InlineData("2/1")]
    [InlineData("1.5")]
    [InlineData("-0.1")]
    [InlineData("-1/500")]
    [InlineData("1/500/2")]
    [InlineData("1 / 500")]
    [InlineData("1e-3")]
    [InlineData("NaN")]
    [InlineData("0,002")]
    [InlineData("0.0000000000001")]
    [InlineData("1/99999999999999999999999")]
    [InlineData("1/10000000000000")]
    public void What_is_no_share_is_not_read_as_one(string text) => Assert.Null(Share.Parse(text));

    [Fact]
    public void The_messages_needed_are_the_fewest_whose_highest_score_shows_it()
    {
        foreach (long whole in Enumerable.Range(1, 3_000))
            foreach (long part in new[] { 1, 2, 3, 7 }.Where(part => part <= whole))
            {
                var share = Share.Of(part, whole)!.Value;
                long n = share.MessagesNeeded;
                Assert.True(1.0 / (n + 1) <= share.Value && (n == 0 || 1.0 / n > share.Value), $"{share}: {n}");
            }
    }
}
