using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Detectors.Calibration;
using Detection.Detectors.Heads;

namespace Detection.Tests.Detectors;

public sealed class JudgeTests
{
    private static readonly WordVocabulary NoWords = WordVocabulary.Folded([.. Enumerable.Repeat(1f, WordVocabulary.FoldedPlaces)]);

    [Theory]
    [InlineData(5f, 100, true, Authorship.Machine)]
    [InlineData(0f, 100, true, Authorship.Unsure)]
    [InlineData(-5f, 100, true, Authorship.Human)]
    [InlineData(-5f, 30, true, Authorship.TooShort)]
    [InlineData(5f, 30, true, Authorship.Machine)]
    [InlineData(5f, 4, true, Authorship.TooShort)]
    [InlineData(5f, 100, false, Authorship.Unsupported)]
    public void Authorship_is_said_only_where_the_budget_is_shown(float margin, int tokens, bool supported, Authorship expected) =>
        Assert.Equal(expected, Decide([margin, 0, 0, 0], tokens, supported).Authorship);

    [Fact]
    public void Without_enough_people_nobody_is_called_a_machine() =>
        Assert.Equal(Authorship.Unsure, Decide([5, 0, 0, 0], 100, true, people: 100).Authorship);

    [Theory]
    [InlineData(5f, 5f, MailKind.Phishing)]
    [InlineData(5f, 0f, MailKind.Spam)]
    [InlineData(0f, 0f, MailKind.Unsure)]
    [InlineData(-5f, 0f, MailKind.Ham)]
    public void Mail_is_decided_by_its_thresholds(float spam, float phishing, MailKind expected) =>
        Assert.Equal(expected, Decide([0, spam, phishing, 0], 100, true).Decided.Mail);

    [Theory]
    [InlineData(8, true, 3)]
    [InlineData(7, true, 0)]
    [InlineData(100, false, 0)]
    public void Rates_are_said_only_of_texts_that_something_can_be_said_of(int tokens, bool supported, int rates) =>
        Assert.Equal(rates, Decide([5, 5, 5, 0], tokens, supported).FalsePositiveRate.Count);

    [Fact]
    public void Phishing_is_never_more_likely_than_unwanted()
    {
        var scores = Decide([0, -1, 4, 0], 100, true).Scores;
        Assert.Equal(scores.Spam, scores.Phishing);
    }

    [Fact]
    public void Techniques_at_their_threshold_are_named_and_the_largest_is_the_score()
    {
        var judgement = Decide([0, 0, 0, 1], 100, true);
        Assert.Equal(["urgency_scarcity"], judgement.Decided.Techniques);
        Assert.Equal(1 / (1 + Math.Exp(-1)), judgement.Scores.Manipulation!.Value, 1e-6);
    }

    /// <summary>Cause: of the dark patterns of shops, most of which have five words, those under eight tokens were never named: precision 1, recall 0.4.</summary>
    [Theory]
    [InlineData(5, true, new[] { "urgency_scarcity" })]
    [InlineData(5, false, new string[0])]
    public void A_technique_is_named_in_a_few_words_where_nothing_else_is_said(int tokens, bool supported, string[] named)
    {
        var judgement = Decide([5, 5, 5, 1], tokens, supported);
        Assert.Equal(named, judgement.Decided.Techniques);
        Assert.Equal((MailKind.Unsure, 0), (judgement.Decided.Mail, judgement.FalsePositiveRate.Count));
    }

    /// <summary>Cause: a head that had only seen one kind of text named its technique in every mail.</summary>
    [Fact]
    public void In_a_channel_whose_ordinary_messages_look_like_it_a_technique_is_named_from_a_higher_probability()
    {
        Assert.Empty(Decide([0, 0, 0, 1], 100, true, channel: Channel.Social).Decided.Techniques);
        Assert.Equal(["urgency_scarcity"], Decide([0, 0, 0, 3], 100, true, channel: Channel.Social).Decided.Techniques);
    }

    [Theory]
    [InlineData(100, 0.6, true)] // its length in its channel
    [InlineData(500, 0.6, false)] // its channel
    [InlineData(500, 0.9, true)]
    [InlineData(2_000, 0.99, false)] // never in a long one
    public void The_narrowest_kind_of_message_that_has_a_threshold_decides(int characters, double probability, bool named)
    {
        var none = new ScoreDecision(0.01, 0.95, new Dictionary<string, double>(), null, 0.05);
        var settings = new DecisionSettings(50, none, none, none, new Dictionary<string, double> { ["urgency_scarcity"] = 0.7 })
        {
            TechniquesOf = new Dictionary<string, IReadOnlyDictionary<string, double>>
            {
                ["sms/under-200"] = new Dictionary<string, double> { ["urgency_scarcity"] = 0.5, ["reward_lure"] = 0.4 },
                ["sms"] = new Dictionary<string, double> { ["urgency_scarcity"] = 0.8 },
                ["sms/over-1600"] = new Dictionary<string, double> { ["urgency_scarcity"] = DecisionSettings.Never },
            },
        };
        Assert.Equal(named, settings.Names("urgency_scarcity", probability, Channel.Sms, characters));
        Assert.Equal(probability >= 0.7, settings.Names("urgency_scarcity", probability, Channel.Email, characters));
        // Named in one kind of message alone.
        Assert.Equal(characters == 100, settings.Names("reward_lure", probability, Channel.Sms, characters));
    }

    /// <summary>Cause: a head that knew fallacies from essays alone gave every ordinary mail a probability of .7, which became its score of manipulation.</summary>
    [Fact]
    public void A_technique_of_which_nothing_is_known_in_a_channel_has_no_probability_there()
    {
        var head = new Head("false_reasoning", [1], [], 0, new Platt(1, 0)) { Own = new HashSet<Channel> { Channel.Forum } };
        var heads = new HeadFile(new HeadSet([0], [1], NoWords, [head with { Elsewhere = new Head("false_reasoning", [1], [], 0, new Platt(1, 2)) }]), new Dictionary<string, HumanScores>());
        var none = new ScoreDecision(0.01, 0.95, new Dictionary<string, double>(), null, 0.05);
        double? In(Channel channel, Dictionary<string, double> everywhere) =>
            new Judge(heads, new DecisionSettings(50, none, none, none, everywhere)).Decide(new TextToJudge(channel, 500, 100, true, new TextFeatures([1], WordVector.None))) is var judged
            && judged.Scores.Manipulation == judged.Manipulation["false_reasoning"] ? judged.Scores.Manipulation : -1;
        Assert.Equal((new Platt(1, 0).Probability(1), null), (In(Channel.Forum, []), In(Channel.Email, [])));
        Assert.Equal(new Platt(1, 2).Probability(1), In(Channel.Email, new() { ["false_reasoning"] = 0.99 }));
    }

    /// <summary>Four heads that each read one feature as it is.</summary>
    private static Judgement Decide(float[] margins, int tokens, bool supported, int people = 400, Channel channel = Channel.Email)
    {
        string[] names = ["synthetic", "spam", "phishing", "urgency_scarcity"];
        var heads = new HeadSet([0, 0, 0, 0], [1, 1, 1, 1], NoWords,
            [.. names.Select((name, at) => new Head(name, [.. Enumerable.Range(0, 4).Select(i => i == at ? 1f : 0f)], [], 0, new Platt(1, 0)))]);
        var scores = HumanScores.From(Enumerable.Range(0, people).Select(i => (Channel.Email, 500, i / (float)people)));
        var decision = new ScoreDecision(0.01, 0.95, new Dictionary<string, double> { ["email/200-600"] = 1, ["email"] = 1, ["all"] = 1 }, -1, 0.05);
        var judge = new Judge(new HeadFile(heads, new Dictionary<string, HumanScores> { ["synthetic"] = scores, ["spam"] = scores, ["phishing"] = scores }),
            new DecisionSettings(50, decision, decision, decision, new Dictionary<string, double> { ["urgency_scarcity"] = 0.7 })
            {
                TechniquesOf = new Dictionary<string, IReadOnlyDictionary<string, double>> { ["social"] = new Dictionary<string, double> { ["urgency_scarcity"] = 0.9 } },
            });
        return judge.Decide(new TextToJudge(channel, 500, tokens, supported, new TextFeatures(margins, WordVector.None)));
    }
}
