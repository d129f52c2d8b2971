using Detection.Contracts;
using Detection.Detector;
using Detection.Detectors.Bundles;
using Detection.Detectors.Calibration;
using Detection.Detectors.Heads;
using Detection.ServiceDefaults;
using Detection.Tests.Learning;
using Microsoft.Extensions.Configuration;

namespace Detection.Tests.Detector;

[Collection(TinyBundleTests.Name)]
public sealed class ConfiguredRuleTests(TinyBundle tiny)
{
    [Fact]
    public void Without_options_the_rule_is_the_default() => Assert.Equal(VerdictRule.Default.Sha256, Of().Rule.Sha256);

    [Fact]
    public void A_budget_is_shared_among_the_scores_that_draw_on_it()
    {
        var rule = Of(("Budget:Hold", "0.01"), ("Budget:Review", "1/10")).Rule;
        Assert.Equal(["rate:phishing<=1/100"], rule.Hold);
        Assert.Equal(["rate:phishing<=1/30", "rate:spam<=1/30", "rate:synthetic<=1/30", "techniques:3"], rule.Review);
    }

    [Fact]
    public void A_number_a_day_is_a_share_of_what_is_expected() =>
        Assert.Equal(["rate:phishing<=1/1000"], Of(("Budget:Hold", "20/day"), ("ExpectedPerDay", "20000")).Rule.Hold);

    [Fact]
    public void A_channel_s_own_budget_stands_in_place_of_the_one_for_all()
    {
        Assert.Equal(["channel:!chat+channel:!sms+rate:phishing<=1/500", "channel:sms+rate:phishing<=1/100"], Of(("Budget:HoldIn:sms", "1/100"), ("Budget:HoldIn:CHAT", "off")).Rule.Hold);
        Assert.Equal(["techniques:3"], Of(("Budget:Review", "off")).Rule.Review);
    }

    [Fact]
    public void A_rule_of_one_s_own_gets_no_budget_that_was_not_stated()
    {
        Assert.Equal(["mail:phishing"], Of(("Rule:Hold:0", "mail:phishing")).Rule.Hold);
        Assert.Equal(["mail:phishing", "rate:phishing<=1/100"], Of(("Rule:Hold:0", "mail:phishing"), ("Budget:Hold", "1/100")).Rule.Hold);
    }

    [Theory]
    [InlineData("Budget:Hold", "lots", "Detection:Budget:Hold must be a share")]
    [InlineData("Budget:Hold", "", "Detection:Budget:Hold must be a share")]
    [InlineData("Budget:Hold", "20/day", "needs Detection:ExpectedPerDay")]
    [InlineData("Budget:HoldIn:fax", "1/100", "Detection:Budget:HoldIn:fax is unknown; channels are other, email")]
    [InlineData("Budget:ReviewIn:sms", "2", "Detection:Budget:ReviewIn:sms must be a share")]
    [InlineData("Rule:Hold:0", "rate:fun<=1/2", "'rate:fun<=1/2'")]
    public void What_cannot_be_read_is_named(string option, string value, string says) =>
        Assert.Contains(says, Assert.Throws<InvalidOptionsException>(() => Of((option, value))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("0/day")]
    [InlineData("100/day")]
    [InlineData("1.5/day")]
    [InlineData("/day")]
    public void A_number_a_day_that_is_none_of_those_expected_is_refused(string value) =>
        Assert.Contains("between 1 and the 99 messages", Assert.Throws<InvalidOptionsException>(() => Of(("Budget:Hold", value), ("ExpectedPerDay", "99"))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_budget_that_a_channel_cannot_show_is_refused_with_the_messages_that_it_would_need()
    {
        var refused = Assert.Throws<InvalidOptionsException>(() => Of(("Budget:Hold", "1/501")).Check(Source((Channel.Email, 500), (Channel.Sms, 499), (Channel.Chat, 298))));
        string sentence = Assert.Single(refused.Problems);
        Assert.StartsWith("Detection:Budget:Hold asks for rate:phishing<=1/501, tighter than tiny can show in the channel sms: 499 good messages are measured there and 500 would be needed.", sentence, StringComparison.Ordinal);
        Assert.Contains("(ham) a fifth is measured when the trainer makes the next version", sentence, StringComparison.Ordinal);
        Assert.EndsWith("1/500 is the tightest Detection:Budget:HoldIn:sms for it, or off", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Budget:HoldIn:email", "1/501", true)]
    [InlineData("Budget:HoldIn:email", "1/502", false)]
    [InlineData("Budget:HoldIn:chat", "1/10", false)] // 298 are too few for any rate
    [InlineData("Budget:HoldIn:review", "1/10", false)]
    [InlineData("Budget:HoldIn:other", "1/1298", true)] // all messages speak for those of no known channel
    [InlineData("Budget:HoldIn:other", "1/1299", false)]
    [InlineData("Budget:ReviewIn:email", "3/501", true)] // a third each
    [InlineData("Budget:ReviewIn:email", "1/168", false)]
    [InlineData("Rule:Hold:0", "rate:phishing<=1/500", true)]
    [InlineData("Rule:Hold:0", "rate:phishing<=1/501", false)]
    [InlineData("Rule:Hold:0", "channel:email+rate:phishing<=1/501", true)]
    [InlineData("Rule:Hold:0", "channel:chat+rate:phishing<=1/10", false)]
    public void What_is_stated_must_be_shown(string option, string value, bool isShown)
    {
        var failure = Record.Exception(() => Of((option, value)).Check(Source((Channel.Email, 500), (Channel.Sms, 499), (Channel.Chat, 298))));
        Assert.Equal(isShown, failure is not InvalidOptionsException);
    }

    [Fact]
    public void The_default_budgets_are_never_refused_and_say_where_they_move_nothing()
    {
        var source = Source((Channel.Email, 498), (Channel.Sms, 298));
        Of().Check(source);
        string[] limits = [.. Of().Limits(source)];
        Assert.Contains(limits, limit => limit.StartsWith("Nothing is held by the budget rate:phishing<=1/500 in email (498), sms (298)", StringComparison.Ordinal) && limit.EndsWith("499 good messages of a channel would have to be measured.", StringComparison.Ordinal));
        Assert.Contains(limits, limit => limit.StartsWith("Nothing is shown for review by the budget rate:spam<=1/150 in sms (298)", StringComparison.Ordinal));
        Of(("Budget:Hold", "1/10000")).Check(new ModelSource("plain", "nowhere", null));
    }

    private static ConfiguredRule Of(params (string Option, string Value)[] options) => ConfiguredRule.Of(OptionsReader.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(options.Select(one => KeyValuePair.Create($"Detection:{one.Option}", (string?)one.Value))).Build()));

    private ModelSource Source(params (Channel Channel, int Messages)[] measured)
    {
        var scores = HumanScores.From(measured.SelectMany(one => Enumerable.Range(0, one.Messages).Select(i => (one.Channel, 100, (float)i))));
        var people = new[] { HeadNames.Synthetic, HeadNames.Spam, HeadNames.Phishing }.ToDictionary(head => head, _ => scores);
        return new ModelSource("tiny", tiny.Bundle.BasePath, tiny.Bundle with { Heads = tiny.Bundle.Heads with { People = people } });
    }
}
