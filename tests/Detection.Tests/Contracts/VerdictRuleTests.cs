using Detection.Contracts;

namespace Detection.Tests.Contracts;

public sealed class VerdictRuleTests
{
    [Theory]
    [InlineData(MailKind.Phishing, Authorship.Human, 0, VerdictAction.Hold)]
    [InlineData(MailKind.Spam, Authorship.Human, 0, VerdictAction.Review)]
    [InlineData(MailKind.Ham, Authorship.Machine, 0, VerdictAction.Review)]
    [InlineData(MailKind.Ham, Authorship.Human, 3, VerdictAction.Review)]
    [InlineData(MailKind.Ham, Authorship.Unsure, 2, VerdictAction.Allow)]
    [InlineData(MailKind.Unsure, Authorship.TooShort, 0, VerdictAction.Allow)]
    public void The_default_rule_holds_phishing_and_reviews_what_is_suspicious(MailKind mail, Authorship authorship, int techniques, VerdictAction action) =>
        Assert.Equal(action, VerdictRule.Default.Decide(Scores.None, authorship, new Decided(mail, [.. Enumerable.Range(0, techniques).Select(i => $"t{i}")])));

    [Fact]
    public void Conditions_joined_by_plus_must_all_hold()
    {
        var rule = new VerdictRule(["spam>=0.9+authorship:machine"], []);
        var ham = new Decided(MailKind.Unsure, []);
        Assert.Equal(VerdictAction.Hold, rule.Decide(new Scores(null, 0.95, null, null), Authorship.Machine, ham));
        Assert.Equal(VerdictAction.Allow, rule.Decide(new Scores(null, 0.95, null, null), Authorship.Human, ham));
        Assert.Equal(VerdictAction.Allow, rule.Decide(Scores.None, Authorship.Machine, ham));
    }

    [Theory]
    [InlineData("mail:pishing")]
    [InlineData("spam>=1.5")]
    [InlineData("techniques:0")]
    [InlineData("")]
    public void An_unknown_condition_is_refused_by_name(string entry) =>
        Assert.Contains($"'{entry}'", Assert.Throws<FormatException>(() => new VerdictRule([entry], [])).Message, StringComparison.Ordinal);

    [Fact]
    public void Another_rule_has_another_hash() =>
        Assert.NotEqual(VerdictRule.Default.Sha256, new VerdictRule(["mail:phishing"], ["mail:spam"]).Sha256);
}
