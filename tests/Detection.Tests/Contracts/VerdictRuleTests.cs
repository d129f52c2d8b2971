using Detection.Contracts;

namespace Detection.Tests.Contracts;

public sealed class VerdictRuleTests
{
    [Theory]
    [InlineData("phishing", 1 / 500.0, VerdictAction.Hold)]
    [InlineData("phishing", 1 / 499.0, VerdictAction.Review)]
    [InlineData("phishing", 1 / 149.0, VerdictAction.Allow)]
    [InlineData("spam", 1 / 4000.0, VerdictAction.Review)]
    [InlineData("spam", 1 / 149.0, VerdictAction.Allow)]
    [InlineData("synthetic", 1 / 150.0, VerdictAction.Review)]
    [InlineData("synthetic", 1 / 149.0, VerdictAction.Allow)]
    public void The_default_rule_keeps_its_budgets(string head, double rate, VerdictAction action) => Assert.Equal(action, VerdictRule.Default.Decide(Verdict(rates: (head, rate))).Action);

    [Theory]
    [InlineData(2, VerdictAction.Allow)]
    [InlineData(3, VerdictAction.Review)]
    public void The_default_rule_reviews_three_techniques_at_once(int techniques, VerdictAction action) =>
        Assert.Equal(action, VerdictRule.Default.Decide(Verdict() with { Decided = new Decided(MailKind.Ham, [.. Enumerable.Range(0, techniques).Select(i => $"t{i}")]) }).Action);

    [Theory]
    [InlineData("mail:phishing", "Held: phishing.")]
    [InlineData("mail:spam", null)]
    [InlineData("authorship:machine", "Held: machine-written text.")]
    [InlineData("technique:urgency_scarcity", "Held: the technique urgency_scarcity.")]
    [InlineData("techniques:1", "Held: a technique of persuasion.")]
    [InlineData("techniques:2", null)]
    [InlineData("spam>=0.7+channel:email", "Held: spam of 0.7 or more, in email.")]
    [InlineData("channel:email+rate:spam<=1/50", "Held: unwanted mail within the budget of 1 in 50, in email.")]
    [InlineData("spam>=0.7+channel:sms", null)]
    [InlineData("channel:!sms + rate:spam <= 0.01", "Held: unwanted mail within the budget of 1 in 100.")]
    [InlineData("channel:!email+rate:spam<=0.01", null)]
    [InlineData("channel:!sms", "Held: channel:!sms.")]
    public void The_entry_that_matched_is_said(string entry, string? reason)
    {
        var verdict = Verdict(rates: ("spam", 0.01)) with { Authorship = Authorship.Machine, Decided = new Decided(MailKind.Phishing, ["urgency_scarcity"]), Scores = new Scores(null, 0.7, null, null) };
        Assert.Equal(new RuleDecision(reason is null ? VerdictAction.Allow : VerdictAction.Hold, reason), new VerdictRule([entry], []).Decide(verdict));
    }

    [Fact]
    public void Conditions_joined_by_plus_must_all_hold()
    {
        var rule = new VerdictRule(["spam>=0.9+authorship:machine"], []);
        var verdict = Verdict() with { Scores = new Scores(null, 0.95, null, null) };
        Assert.Equal(VerdictAction.Hold, rule.Decide(verdict with { Authorship = Authorship.Machine }).Action);
        Assert.Equal(VerdictAction.Allow, rule.Decide(verdict with { Authorship = Authorship.Human }).Action);
        Assert.Equal(VerdictAction.Allow, rule.Decide(Verdict() with { Authorship = Authorship.Machine }).Action);
    }

    [Theory]
    [InlineData("email/200-600", Channel.Email, true)]
    [InlineData("email", Channel.Email, true)]
    [InlineData("all", Channel.Email, false)]
    [InlineData("sms", Channel.Email, false)]
    [InlineData("all", Channel.Other, true)]
    [InlineData("other/under-200", Channel.Other, true)]
    public void A_budget_counts_only_messages_of_the_verdict_s_own_channel(string bucket, Channel channel, bool counts)
    {
        var verdict = Verdict() with { Channel = channel, FalsePositiveRate = new Dictionary<string, FalsePositiveRate> { ["phishing"] = new(0.0001, 9_999, bucket) } };
        Assert.Equal(counts ? VerdictAction.Hold : VerdictAction.Allow, VerdictRule.Default.Decide(verdict).Action);
    }

    [Fact]
    public void A_tighter_budget_never_gives_a_stronger_action()
    {
        var random = new Random(Seed: 6);
        string[] heads = ["phishing", "spam", "synthetic"];
        for (int i = 0; i < 2_000; i++)
        {
            int hold = random.Next(1, 2_000), review = random.Next(1, 2_000), more = random.Next(0, 2_000);
            var verdict = Verdict(rates: [.. heads.Select(head => (head, (1.0 + random.Next(0, 30)) / random.Next(31, 3_000)))]);
            VerdictRule Rule(int tighter) => new(heads.Select(head => $"rate:{head}<=1/{hold + tighter}"), heads.Select(head => $"rate:{head}<=1/{review + tighter}"));
            Assert.True(Rule(more).Decide(verdict).Action <= Rule(0).Decide(verdict).Action, $"{hold}, {review}, {more}");
        }
    }

    [Theory]
    [InlineData("mail:pishing")]
    [InlineData("spam>=1.5")]
    [InlineData("spam>=NaN")]
    [InlineData("techniques:0")]
    [InlineData("techniques:99999999999")]
    [InlineData("")]
    [InlineData("+")]
    [InlineData("rate:phishing<=0")]
    [InlineData("rate:phishing<=1/0")]
    [InlineData("rate:phishing<=2")]
    [InlineData("rate:phishing<=1/500<=1")]
    [InlineData("rate:phishing>=1/500")]
    [InlineData("rate:phishing")]
    [InlineData("rate:manipulation<=1/500")]
    [InlineData("rate:<=1/500")]
    [InlineData("channel:fax")]
    [InlineData("channel:Email")]
    [InlineData("channel:!")]
    [InlineData("channel:!!sms")]
    public void An_unknown_condition_is_refused_by_name(string entry) =>
        Assert.Contains($"'{entry}'", Assert.Throws<FormatException>(() => new VerdictRule([entry], [])).Message, StringComparison.Ordinal);

    [Fact]
    public void Another_rule_has_another_hash() => Assert.Equal(4, new[]
    {
        VerdictRule.Default, new VerdictRule(["rate:phishing<=1/500"], []), new VerdictRule(["rate:phishing<=1/501"], []), new VerdictRule([], ["rate:phishing<=1/500"]),
    }.Select(rule => rule.Sha256).Distinct().Count());

    [Fact]
    public void Budgets_name_their_channels()
    {
        var budgets = new VerdictRule(["channel:sms+rate:phishing<=1/100", "mail:spam"], ["channel:!sms+channel:!chat+rate:spam<=1/50"]).Budgets.ToArray();
        Assert.Equal([("phishing", true, VerdictAction.Hold), ("spam", false, VerdictAction.Review)], budgets.Select(budget => (budget.Head, budget.Named, budget.Action)));
        Assert.Equal([Channel.Sms], budgets[0].Channels);
        Assert.Equal(ChannelNames.All.Except([Channel.Sms, Channel.Chat]), budgets[1].Channels);
    }

    private static Verdict Verdict(params (string Head, double Rate)[] rates) => Some.JudgedMessage() with
    {
        Scores = Scores.None,
        Authorship = Authorship.Unsure,
        Decided = new Decided(MailKind.Unsure, []),
        FalsePositiveRate = rates.ToDictionary(one => one.Head, one => new FalsePositiveRate(one.Rate, 9_999, "email/under-200")),
    };
}
