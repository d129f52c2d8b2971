using System.Text.Json;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Detectors.Spans;
using Detection.Tests.Learning;

namespace Detection.Tests.Detectors.Spans;

[Collection(TinyBundleTests.Name)]
public sealed class SpanTests(TinyBundle tiny)
{
    private static readonly SpanRule Plain = new(0, 1, 0.5f, 0, 1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Tokens_above_the_threshold_are_runs_and_a_text_without_one_has_its_highest()
    {
        float[] scores = [0, 2, 3, 0, 0, 2, -1];
        Assert.Equal([(1, 3), (5, 6)], Plain.Runs(scores));
        Assert.Equal([(1, 6)], (Plain with { Gap = 2 }).Runs(scores));
        Assert.Equal([(1, 3)], (Plain with { Shortest = 2 }).Runs(scores));
        // None is as long: the longest stay.
        Assert.Equal([(1, 3)], (Plain with { Shortest = 9 }).Runs(scores));
        Assert.Equal([(1, 3), (5, 6)], (Plain with { Above = 50, Slack = 1 }).Runs(scores));
        Assert.Equal([(0, 7)], (Plain with { Above = -9 }).Runs(scores));
        // Averages of three: 1, 5/3, 5/3, 1, 2/3, 1/3, 1/2.
        Assert.Equal([(0, 4)], (Plain with { Around = 1, Above = 0.9f }).Runs(scores));
        Assert.Empty(Plain.Runs([]));
    }

    [Fact]
    public void Places_are_whole_words_of_the_stored_text_in_range_and_none_of_a_quote()
    {
        string line = "the \U0001F600 deadl\u200Bine expires\u00A0today at number 12. hurry hurry, the hours exp\u0456re. ";
        string text = $"  {line}{line}\n\nOn Monday, Bob wrote:\n> The quoted words expire too.\n\n{line}{line}\n";
        using var pipeline = Open(Random(pointing: 3), out var heads);
        var read = pipeline.Project([Of(text)], heads.Projections, Cancellation)[0];
        foreach (float above in new[] { -1000f, -1, 0, 1, 1000 })
            foreach (int gap in new[] { 0, 2, 200 })
            {
                var places = new SpanRule(1, above, 0.5f, gap, 1).Places(heads.Scores(read, 0), read);
                Assert.NotEmpty(places);
                int last = 0;
                foreach (var place in places)
                {
                    Assert.InRange(place.Start, last, text.Length - 1);
                    Assert.InRange(place.End, place.Start + 1, text.Length);
                    last = place.End;
                    string seen = text[place.Start..place.End];
                    Assert.Equal(seen.Trim(), seen);
                    Assert.DoesNotContain("quoted", seen, StringComparison.Ordinal);
                    Assert.False(char.IsLetterOrDigit(text[place.Start - 1]) && char.IsLetterOrDigit(seen[0]), seen);
                    Assert.False(char.IsLetterOrDigit(seen[^1]) && char.IsLetterOrDigit(text[place.End]), seen);
                    Assert.False(char.IsLowSurrogate(seen[0]) || char.IsHighSurrogate(seen[^1]), seen);
                }
            }
    }

    [Fact]
    public void Evidence_of_a_named_technique_takes_its_places_from_the_head_that_has_them_and_nothing_else_moves()
    {
        string text = string.Join(' ', Enumerable.Range(0, 12).Select(i => $"the {new[] { "hours", "today", "deadline" }[i % 3]} {new[] { "hurry", "expires" }[i % 2]} at number {i}."));
        using var without = tiny.Open();
        var before = without.Judge([Of(text)], Cancellation)[0];
        string technique = Assert.Single(before.Decided!.Techniques);
        using var pipeline = Open(Random(3, technique), out var heads);
        var judged = pipeline.Judge([Of(text)], Cancellation)[0];

        var evidence = Assert.Single(judged.Evidence, one => one.Signal == technique);
        var expected = heads.Of(technique, pipeline.Project([Of(text)], heads.Projections, Cancellation)[0])!;
        Assert.Equal(expected, evidence.Spans);
        Assert.NotEqual(before.Evidence.Single(one => one.Signal == technique).Spans, evidence.Spans);
        Assert.Equal(Numbers(before), Numbers(judged));
        Assert.Equal(before.Evidence.Select(one => one.Text), judged.Evidence.Select(one => one.Text));
        // The same bits in any batch, and beside passages, which take their numbers from the same pass.
        Assert.Equal(Json(judged), Json(pipeline.Judge([Of("Another text that is read beside it."), Of(text)], Cancellation)[1]));
        using var both = Open(Random(3, technique), out _, new PassageDecision(0.01, 0.95, 1e9, 500));
        Assert.Equal(Json(judged), Json(both.Judge([Of(text)], Cancellation)[0]));
        // A technique without such a head is still shown by its sentences.
        using var other = Open(Random(3, "fear_threat"), out _);
        Assert.Equal(Json(before), Json(other.Judge([Of(text)], Cancellation)[0]));
    }

    [Fact]
    public void Heads_for_another_base_model_are_refused() =>
        Assert.Contains("do not fit", Assert.Throws<BundleException>(() => Open(Random(30_000), out _)).Message, StringComparison.Ordinal);

    /// <summary>Random weights over the states of the last layer, or of one that is not there.</summary>
    private SpanHeads Random(int pointing, string technique = "urgency_scarcity")
    {
        var random = new Random(5);
        var layout = tiny.Bundle.Manifest.Features;
        float[] weights = [.. Enumerable.Range(0, SpanHeads.Ahead.Count * layout.Width).Select(_ => (float)(random.NextDouble() - 0.5))];
        return new SpanHeads(pointing > 3 ? pointing : layout.Layers[^1], [new SpanHead(technique, weights, 0.1f, new SpanRule(0, 1000, 0.3f, 0, 1))]);
    }

    private DetectionPipeline Open(SpanHeads spans, out SpanHeads heads, PassageDecision? passage = null)
    {
        heads = spans;
        var bundle = tiny.Bundle with { Heads = tiny.Bundle.Heads with { Spans = spans }, Manifest = tiny.Bundle.Manifest with { Decisions = tiny.Bundle.Decisions with { Passage = passage } } };
        return DetectionPipeline.Open(new ModelSource("tiny", bundle.BasePath, bundle), new PipelineOptions { Time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(DateTimeOffset.UnixEpoch) });
    }

    private static Message Of(string text) => new() { Id = "m", Text = text, Channel = Channel.Email };

    private static string Numbers(JudgedMessage judged) => JsonSerializer.Serialize(new { judged.Scores, judged.Authorship, judged.Criteria, judged.Manipulation, judged.FalsePositiveRate, judged.TokenScores, judged.VerdictId, judged.Config });

    private static string Json(JudgedMessage judged) => JsonSerializer.Serialize(judged, ContractJson.Options);
}
