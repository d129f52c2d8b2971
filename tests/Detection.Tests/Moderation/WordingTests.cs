using Detection.Contracts;
using Detection.Moderation.Dashboard;

namespace Detection.Tests.Moderation;

public sealed class WordingTests
{
    [Theory]
    [InlineData(58 / 8121.0, 8120, "email 200-600", "1 in 140 ordinary e-mails score at least this high; measured on 8,120")]
    [InlineData(1 / 3512.0, 3511, "all", "None of 3,511 ordinary messages scored this high")]
    [InlineData(0.9, 99, "email", "90 in 100 ordinary e-mails score at least this high; measured on 99")]
    [InlineData(0.5, 99, "sms", "1 in 2 ordinary messages score at least this high; measured on 99")]
    public void A_false_positive_rate_is_a_sentence(double rate, int n, string bucket, string expected) =>
        Assert.Equal(expected, Wording.Of(new FalsePositiveRate(rate, n, bucket), Channel.Email));

    [Fact]
    public void A_rate_that_is_absent_was_not_measured() => Assert.EndsWith("not measured", Wording.Of(null, Channel.Email), StringComparison.Ordinal);

    [Theory]
    [InlineData(0.999, "> .99")]
    [InlineData(1.0, "1.00")]
    [InlineData(0.001, "< .01")]
    [InlineData(0.934, "0.93")]
    [InlineData(null, "–")]
    public void A_probability_is_never_rounded_to_certainty(double? value, string expected) => Assert.Equal(expected, Wording.Probability(value));

    [Theory]
    [InlineData("https://www.bank.example/login", "https://evil.example/x", "text names another host")]
    [InlineData("bank.example", "https://bank.example.evil.example", "text names another host")]
    [InlineData("Log in here", "javascript:alert(1)", "a javascript: target")]
    [InlineData("bank.example", " DATA:text/html,x", "a data: target")]
    [InlineData("bank.example", "https://login.bank.example/", null)]
    [InlineData("www.bank.example", "https://bank.example", null)]
    [InlineData("Log in here", "https://evil.example", null)]
    [InlineData("write to us", "mailto:a@b.example", null)]
    [InlineData("bank.example", "bank.example.evil.example", null)]
    public void A_link_that_does_not_do_what_it_says_is_named(string text, string target, string? expected) => Assert.Equal(expected, LinkFacts.Warning(new Link(text, target)));

    [Theory]
    [InlineData("a\u200Bb", "zero-width space")]
    [InlineData("a\u202Eb", "RLO")]
    [InlineData("a\u0007b", "U+0007")]
    [InlineData("a\u200Db", "ZWJ")]
    [InlineData("👨\u200D👩", null)]
    [InlineData("line\nline\ttab", null)]
    public void What_cannot_be_seen_is_named(string text, string? expected) => Assert.Equal(expected, VisibleText.Split(text).Select(run => run.Control).FirstOrDefault(control => control is not null));

    [Fact]
    public void A_rule_that_matched_is_named_without_a_number() =>
        Assert.Equal(["rule", "asks-visit 3"], new[] { new Evidence("rule", 1, 0, "", []), new Evidence("asks-visit", 3, 0, "", []) }.Select(Wording.Signal));
}
