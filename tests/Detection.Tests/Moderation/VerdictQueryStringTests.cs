using Detection.Contracts;
using Detection.Moderation;
using Detection.Storage;
using Microsoft.AspNetCore.WebUtilities;

namespace Detection.Tests.Moderation;

public sealed class VerdictQueryStringTests
{
    [Fact]
    public void What_is_formatted_is_read_back()
    {
        var query = new VerdictQuery
        {
            Text = "a & b=ü",
            Actions = [VerdictAction.Hold, VerdictAction.Allow],
            Channels = [Channel.Sms],
            Authorship = [Authorship.TooShort],
            Mail = [MailKind.Phishing],
            Techniques = ["fear_threat"],
            HasDecision = false,
            From = Some.Time,
            Order = VerdictOrder.MostSuspicious,
        };
        string address = VerdictQueryString.Format(query);
        Assert.Equal(address, VerdictQueryString.Format(Parse(address)));
        Assert.Equivalent(query, Parse(address));
        Assert.Equal("", VerdictQueryString.Format(new VerdictQuery()));
    }

    [Fact]
    public void Lists_may_be_separated_by_commas() => Assert.Equal([VerdictAction.Hold, VerdictAction.Review], Parse("?action=hold,review").Actions);

    [Theory]
    [InlineData("?colour=red", "colour")]
    [InlineData("?action=delete", "action")]
    [InlineData("?action=1", "action")]
    [InlineData("?channel=fax", "channel")]
    [InlineData("?take=0", "take")]
    [InlineData("?take=501", "take")]
    [InlineData("?decided=maybe", "decided")]
    [InlineData("?from=yesterday", "from")]
    [InlineData("?order=oldest", "order")]
    [InlineData("?q=a&q=b", "q")]
    public void A_wrong_parameter_is_named(string address, string field) => Assert.Equal(field, Assert.Throws<FieldException>(() => Parse(address)).Field);

    private static VerdictQuery Parse(string address) => VerdictQueryString.Parse(QueryHelpers.ParseQuery(address));
}
