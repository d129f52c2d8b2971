using Detection.Contracts;
using Detection.Detectors.Bundles;
using Detection.Detectors.Heads;
using Detection.Learning.Data;
using Detection.Learning.Features;
using Detection.Learning.Heads;

namespace Detection.Tests.Learning;

public sealed class TechniqueThresholdsTests
{
    private static readonly ScoredExample[] ShortDocuments = [.. Answered(Channel.Document, 100, 0, 1, 40, uses: true), .. Answered(Channel.Document, 100, -2, -1, 40, uses: false)];

    /// <summary>Cause: one threshold for every kind of text found a third of what a head ranked almost without fault in one of them.</summary>
    [Fact]
    public void A_kind_of_message_with_enough_answers_has_a_threshold_of_its_own()
    {
        var chosen = Choose([.. ShortDocuments, .. Answered(Channel.Chat, 100, 3, 4, 40, uses: true), .. Answered(Channel.Chat, 100, 1, 2, 200, uses: false)]);
        Assert.Equal((true, false), (IsNamed(chosen, Channel.Document, 100, 0.05f), IsNamed(chosen, Channel.Document, 100, -1.05f)));
        Assert.Equal((true, false), (IsNamed(chosen, Channel.Chat, 100, 3.05f), IsNamed(chosen, Channel.Chat, 100, 2)));
    }

    [Fact]
    public void Too_few_answers_of_a_kind_take_the_threshold_of_its_channel_or_of_all()
    {
        var chosen = Choose([.. ShortDocuments, .. Answered(Channel.Document, 1_000, 5, 6, 5, uses: true), .. Answered(Channel.Document, 1_000, 3, 4, 5, uses: false)]);
        Assert.Equal((true, true), (IsNamed(chosen, Channel.Document, 1_000, 0.05f), IsNamed(chosen, Channel.Review, 100, 0.05f)));
    }

    [Theory]
    [InlineData("false_reasoning", 20)]
    [InlineData("urgency_scarcity", 6)]
    public void Of_ordinary_messages_of_a_kind_no_more_than_a_share_is_named(string technique, int most)
    {
        // Long ordinary documents look like it. Short ones do not, and are told apart as well as before.
        var chosen = Choose([.. ShortDocuments, .. Ordinary(Channel.Document, 1_000, 0, 2, 200), .. Ordinary(Channel.Document, 100, -3, -2, 200)], technique);
        Assert.Equal(most, Enumerable.Range(0, 200).Count(i => IsNamed(chosen, Channel.Document, 1_000, Spread(0, 2, i, 200), technique)));
        Assert.True(IsNamed(chosen, Channel.Document, 100, 0.05f, technique));
    }

    [Fact]
    public void Where_a_head_is_mostly_wrong_it_is_silent_and_speaks_elsewhere()
    {
        var chosen = Choose([.. ShortDocuments, .. Answered(Channel.Chat, 100, 0, 1, 20, uses: true), .. Answered(Channel.Chat, 100, 2, 3, 100, uses: false)]);
        // Of all rows together less than half is right wherever a line is drawn.
        Assert.Empty(chosen.Everywhere);
        Assert.Equal((true, false), (IsNamed(chosen, Channel.Document, 100, 0.05f), IsNamed(chosen, Channel.Chat, 100, 2.5f)));
    }

    /// <summary>Cause: heads that told fallacies in their own sources almost without fault named them in one mail of ten, and were wrong: no other source's rows were ever asked.</summary>
    [Fact]
    public void Where_no_rows_say_it_a_technique_is_named_as_sources_show_that_did_not_teach_it()
    {
        var unseen = ShortDocuments.Select(row => (row.Margins[0] + 3, row.Example.Row.Techniques!["false_reasoning"])).ToArray();
        var chosen = Choose(ShortDocuments, unseen: unseen);
        Assert.Equal((true, false), (IsNamed(chosen, Channel.Document, 100, 0.05f), IsNamed(chosen, Channel.Document, 100, -1.05f)));
        Assert.Equal((true, false), (IsNamed(chosen, Channel.Social, 100, 3.05f), IsNamed(chosen, Channel.Social, 100, 1.5f)));
        // Right less than half of the time wherever a line is drawn, or never asked: silent.
        foreach (var none in new[] { [.. unseen.Select(row => (-row.Item1, row.Item2))], Array.Empty<(float, bool)>() })
            Assert.Equal((true, false), (IsNamed(Choose(ShortDocuments, unseen: none), Channel.Document, 100, 0.05f), IsNamed(Choose(ShortDocuments, unseen: none), Channel.Social, 100, 5)));
    }

    /// <summary>Cause: in rows of which half use a technique, a head that knows nothing is right half of the time, and named fallacies in receipts.</summary>
    [Fact]
    public void Where_no_rows_say_it_a_head_must_be_right_though_few_use_the_technique()
    {
        // Of 160 rows half use it, and those that rank highest are right three times in four: as if one in five used it, three times in seven.
        (float, bool)[] mixed = [.. Enumerable.Range(0, 80).Select(i => (10f - i / 80f, i % 4 != 0)), .. Enumerable.Range(0, 80).Select(i => (5f - i / 80f, i % 4 == 0))];
        Assert.False(IsNamed(Choose(ShortDocuments, unseen: mixed), Channel.Social, 100, 20));
        (float, bool)[] clear = [.. Enumerable.Range(0, 80).Select(i => (10f - i / 80f, i % 10 != 9)), .. Enumerable.Range(0, 80).Select(i => (5f - i / 80f, i % 10 == 9))];
        Assert.True(IsNamed(Choose(ShortDocuments, unseen: clear), Channel.Social, 100, 20));
        // A handful that are right among hundreds is chance.
        (float, bool)[] few = [.. Enumerable.Range(0, 8).Select(i => (20f - i, true)), .. Enumerable.Range(0, 160).Select(i => (10f - i / 80f, i % 2 == 0))];
        Assert.False(IsNamed(Choose(ShortDocuments, unseen: few), Channel.Social, 100, 30));
    }

    [Fact]
    public void A_channel_that_taught_it_and_has_too_few_answers_takes_the_threshold_of_those_that_taught_it()
    {
        var chosen = Choose(ShortDocuments, unseen: []);
        Assert.Equal((true, false), (IsNamed(chosen, Channel.Chat, 100, 0.05f), IsNamed(chosen, Channel.Chat, 100, -1.05f)));
        Assert.False(IsNamed(chosen, Channel.Review, 100, 5));
    }

    /// <param name="unseen">Null: other sources show the same.</param>
    private static TechniqueThresholds Choose(ScoredExample[] rows, string technique = "false_reasoning", (float, bool)[]? unseen = null) =>
        new(new HeadSet([0], [1], WordVocabulary.Folded(new float[WordVocabulary.FoldedPlaces]), [new Head(technique, [1], [], 0, new Platt(1, 0)) { Own = new HashSet<Channel> { Channel.Document, Channel.Chat } }]), rows,
            new Dictionary<string, IReadOnlyList<(float, bool)>> { [technique] = unseen ?? [.. rows.Where(row => row.Example.Row.Techniques is not null).Select(row => (row.Unknown[0], row.Example.Row.Techniques![technique]))] });

    private static bool IsNamed(TechniqueThresholds chosen, Channel channel, int characters, float margin, string technique = "false_reasoning")
    {
        var none = new ScoreDecision(0.01, 0.95, new Dictionary<string, double>(), null, 0.05);
        return new DecisionSettings(50, none, none, none, chosen.Everywhere) { TechniquesOf = chosen.OfBucket }.Names(technique, new Platt(1, 0).Probability(margin), channel, characters);
    }

    private static IEnumerable<ScoredExample> Answered(Channel channel, int characters, float from, float to, int rows, bool uses) =>
        Enumerable.Range(0, rows).Select(i => Row(channel, characters, Spread(from, to, i, rows), uses));

    private static IEnumerable<ScoredExample> Ordinary(Channel channel, int characters, float from, float to, int rows) =>
        Enumerable.Range(0, rows).Select(i => Row(channel, characters, Spread(from, to, i, rows), null));

    private static float Spread(float from, float to, int i, int rows) => from + (to - from) * (i + 0.5f) / rows;

    /// <param name="uses">The answer for every technique here; null: nobody was asked.</param>
    private static ScoredExample Row(Channel channel, int characters, float margin, bool? uses)
    {
        var row = new LabelledRow
        {
            File = "own",
            Id = "",
            Split = "dev",
            Task = LearningTask.Manipulation,
            Text = "",
            Message = new Message { Id = "", Channel = channel },
            Mail = uses is null ? MailKind.Ham : null,
            Techniques = uses is { } said ? new Dictionary<string, bool> { ["false_reasoning"] = said, ["urgency_scarcity"] = said } : null,
        };
        return new ScoredExample(new Example(new PlacedRow(row, "", RowUse.SetsThresholds), channel, new StoredFeatures(20, characters, true, new TextFeatures([margin], WordVector.None))), [margin], [margin]);
    }
}
