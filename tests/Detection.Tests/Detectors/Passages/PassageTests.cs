using System.Text.Json;
using Detection.Checkpoints;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Detectors.Criteria;
using Detection.Detectors.Explaining;
using Detection.Detectors.Heads;
using Detection.Detectors.Passages;
using Detection.Model;
using Detection.Tests.Learning;
using Detection.Text;

namespace Detection.Tests.Detectors.Passages;

[Collection(TinyBundleTests.Name)]
public sealed class PassageTests(TinyBundle tiny)
{
    private static readonly string[] Sentences = ["The rain fell on the street. ", "We went home, all of us! ", "\u201cIs it late?\u201d she said; nobody knew. ", "The snow stayed for nine days. "];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_margin_of_a_passage_is_the_head_s_on_the_mean_of_its_states_criteria_surface_and_words(bool bos)
    {
        using var model = TinyModel.Llama();
        using var checkpoint = model.Open();
        using var scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Threads = 1 });
        using var pipeline = DetectionPipeline.Open(new ModelSource("tiny", model.Path, null), new PipelineOptions { MaxTokens = 300, FirstPredicted = bos });
        var (layout, heads) = (pipeline.Layout, Heads(pipeline.Layout));
        var tokenizer = new Tokenizer(checkpoint.Tokenizer!.Value);
        string text = string.Concat(Enumerable.Range(0, 16).Select(i => Sentences[i % 4])).TrimEnd();
        var tokens = tokenizer.Encode(text);
        int read = Math.Min(300, tokens.Count);
        int[] ids = [.. bos ? [tokenizer.BosId!.Value] : Array.Empty<int>(), .. tokens.Ids[..read]];
        var states = new PoolingPlan(layout.Layers, [Pooling.Last]);
        float[][] seen = [.. scorer.Score([.. Enumerable.Range(1, ids.Length).Select(n => (ReadOnlyMemory<int>)ids.AsMemory(0, n))], states, Cancellation).Select(one => one.Pooled)];
        var scores = scorer.Score([ids], PoolingPlan.None, Cancellation)[0];

        var passages = pipeline.ReadPassages([Of(text)], heads, Cancellation)[0];

        Assert.InRange(passages.Count, 3, 20);
        foreach (var passage in passages)
        {
            var place = Assert.Single(passage.Parts);
            // The space before a passage is its first token, or part of it.
            int first = Array.FindIndex(tokens.Ends, end => end > Math.Max(0, place.Start - 1)), end = Array.FindLastIndex(tokens.Starts, read - 1, start => start < place.End) + 1, skip = ids.Length - read;
            Assert.InRange(end - first, 50, 130);
            float[] pooled = new float[layout.Plan.Length(layout.Width)];
            for (int layer = 0; layer < layout.Layers.Count; layer++)
                for (int i = 0; i < layout.Width; i++)
                {
                    int at = states.Offset(layer, 0, layout.Width) + i;
                    pooled[layout.Plan.Offset(layer, 0, layout.Width) + i] = seen[(first + skip)..(end + skip)].Average(state => state[at]);
                    // The last token's counts as average.
                    pooled[layout.Plan.Offset(layer, 1, layout.Width) + i] = heads.Mean[layout.Layers.Count * layout.Width + i];
                }
            Range predicted = Math.Max(0, first + skip - 1)..(end + skip - 1);
            var criteria = new PredictedTokens(scores.LogProb[predicted], scores.Rank[predicted], scores.Entropy[predicted], scores.Variance[predicted]);
            float[] dense = layout.Assemble(pooled, criteria, SurfaceFeatures.Of(text[place.Start..place.End]));
            Assert.Equal(heads.Margins(new TextFeatures(dense, WordVector.Of(null, text[place.Start..place.End])))[0], passage.Margin, 1e-3);
            Assert.Equal(passage.Margin - passages.Average(one => one.Margin) / 2, passage.Prominence, 1e-4);
        }
    }

    [Fact]
    public void Passages_are_whole_sentences_overlap_and_cover_the_text()
    {
        using var pipeline = tiny.Plain();
        string text = string.Concat(Enumerable.Range(0, 12).Select(i => Sentences[i % 4])).TrimEnd();
        TextSpan[] places = [.. pipeline.ReadPassages([Of(text)], tiny.Bundle.Heads.Heads, Cancellation)[0].Select(passage => passage.Parts.Single())];
        Assert.Equal((0, text.Length), (places[0].Start, places[^1].End));
        Assert.All(places, place => Assert.Matches("^(The|We|\u201cIs) (?s:.*)[.!]$", text[place.Start..place.End]));
        foreach (var (one, next) in places.Zip(places.Skip(1)))
        {
            Assert.InRange(next.Start, one.Start + one.Length / 4, one.End - one.Length / 5);
            Assert.True(next.End > one.End);
        }
    }

    [Theory]
    [InlineData("no end of a sentence anywhere so lines must do\n")]
    [InlineData("no end of a sentence and no end of a line either ")]
    public void Without_sentences_passages_end_at_lines_or_where_they_are_long_enough(string line)
    {
        using var pipeline = tiny.Plain();
        string text = string.Concat(Enumerable.Repeat(line, 8)).TrimEnd();
        TextSpan[] places = [.. pipeline.ReadPassages([Of(text)], tiny.Bundle.Heads.Heads, Cancellation)[0].Select(passage => passage.Parts.Single())];
        Assert.InRange(places.Length, 3, 14);
        Assert.Equal((0, text.Length), (places[0].Start, places[^1].End));
        if (line.EndsWith('\n')) Assert.All(places, place => Assert.True((place.Start == 0 || text[place.Start - 1] == '\n') && (place.End == text.Length || text[place.End] == '\n')));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("ok", 0)]
    [InlineData("The rain fell on the street. We went home.", 0)]
    public void A_short_text_has_no_passages(string text, int passages)
    {
        using var pipeline = tiny.Plain();
        Assert.Equal(passages, pipeline.ReadPassages([Of(text)], tiny.Bundle.Heads.Heads, Cancellation)[0].Count);
    }

    [Fact]
    public void Places_are_those_of_the_stored_text_with_emoji_invisible_characters_and_quotes_between()
    {
        using var pipeline = tiny.Plain();
        string line = "The \U0001F600 rain f\u200Bell on the\u00A0street.  We w\u0435nt home, all of us! ";
        string text = $"  {string.Concat(Enumerable.Repeat(line, 3))}\n\nOn Monday, Bob wrote:\n> The quoted words are not judged.\n> Not these either.\n\n{string.Concat(Enumerable.Repeat(line, 3))}\n";
        var passages = pipeline.ReadPassages([Of(text)], tiny.Bundle.Heads.Heads, Cancellation)[0];
        Assert.Contains(passages, passage => passage.Parts.Count == 2);
        foreach (var part in passages.SelectMany(passage => passage.Parts))
        {
            string seen = text[part.Start..part.End];
            Assert.Equal(seen.Trim(), seen);
            Assert.DoesNotContain("quoted", seen, StringComparison.Ordinal);
            Assert.Matches("^(The|We)(?s:.*)[.!]$", TextNormaliser.Normalise(seen).Text);
        }
        var places = Passage.Join(passages);
        Assert.Equal(2, places.Count);
        Assert.Equal((2, text.Length - 2), (places[0].Place.Start, places[^1].Place.End));
    }

    [Fact]
    public void A_passage_above_its_threshold_is_pointed_at_and_moves_nothing_else()
    {
        string text = string.Join(' ', Enumerable.Range(0, 12).Select(i => i >= 8 ? $"the tapestry fosters at number {17 * i}." : $"the rain stayed at number {31 * i}."));
        using var silent = tiny.Open();
        Assert.False(silent.FindsPassages);
        var passages = silent.ReadPassages([Of(text)], tiny.Bundle.Heads.Heads, Cancellation)[0];
        var (strongest, others) = (passages.MaxBy(passage => passage.Prominence)!, passages.Select(passage => passage.Prominence).Order().ToArray());
        var without = silent.Judge([Of(text)], Cancellation)[0];

        using var pipeline = Open(Above((others[^1] + others[^2]) / 2));
        var judged = pipeline.Judge([Of(text)], Cancellation)[0];

        Assert.True(pipeline.FindsPassages);
        Assert.NotEqual(Authorship.Machine, judged.Authorship);
        var evidence = Assert.Single(judged.Evidence, one => one.Signal == "passage");
        var span = Assert.Single(evidence.Spans);
        Assert.Equal(("One passage reads as machine-written.", strongest.Parts[0].Start, strongest.Parts[0].End), (evidence.Text, span.Start, span.End));
        Assert.Equal(strongest.Prominence, evidence.Value, 1e-4);
        Assert.Contains("tapestry", text[span.Start..span.End], StringComparison.Ordinal);
        Assert.DoesNotContain(without.Evidence, one => one.Signal == "passage");
        Assert.Equal(Numbers(without), Numbers(judged));
        Assert.Equal(Json(judged), Json(pipeline.Judge([Of("Another text that is read beside it."), Of(text)], Cancellation)[1]));
    }

    [Fact]
    public void Two_passages_apart_are_two_places()
    {
        using var pipeline = tiny.Plain();
        var reading = pipeline.Read([Of(Sentences[0])], Cancellation)[0];
        Passage At(int start, int end, float prominence) => new([new TextSpan(start, end)], prominence - 1, prominence);
        Passage[] found = [At(0, 60, 2), At(30, 90, 3), At(200, 260, 1)];
        var unsure = Judgement.Silent(supported: true) with { Scores = Scores.None with { Synthetic = 0.4 }, Passages = found };
        var evidence = new EvidenceWriter(null).Write(reading with { Passages = [.. found, At(90, 120, 0)] }, unsure, null).Single(one => one.Signal == "passage");
        Assert.Equal("2 passages read as machine-written.", evidence.Text);
        Assert.Equal([new EvidenceSpan("text", 0, 90, 3), new EvidenceSpan("text", 200, 260, 1)], evidence.Spans);

        var machine = unsure with { Authorship = Authorship.Machine };
        Assert.Equal("The marked passages read most like it.", new EvidenceWriter(null).Write(reading with { Passages = [.. found, At(90, 120, 0)] }, machine, null).Single(one => one.Signal == "passage").Text);
        // All of a machine's text reads like it: there is nothing to point at.
        Assert.DoesNotContain(new EvidenceWriter(null).Write(reading with { Passages = found }, machine, null), one => one.Signal == "passage");
    }

    [Fact]
    public void The_threshold_is_in_the_manifest_and_bundles_of_before_have_none()
    {
        var decision = new PassageDecision(0.01, 0.95, 1.5, 900);
        var manifest = tiny.Bundle.Manifest;
        Assert.DoesNotContain("\"passage\"", manifest.ToJson(), StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("bundle.json"), manifest.ToJson());
        Assert.Null(Bundle.ReadManifest(folder.File("bundle.json")).Manifest.Decisions.Passage);
        File.WriteAllText(folder.File("bundle.json"), (manifest with { Decisions = manifest.Decisions with { Passage = decision } }).ToJson());
        Assert.Equal(decision, Bundle.ReadManifest(folder.File("bundle.json")).Manifest.Decisions.Passage);
        var both = decision with { Long = new LongTextDecision(8, 2.5, 300) };
        File.WriteAllText(folder.File("bundle.json"), (manifest with { Decisions = manifest.Decisions with { Passage = both } }).ToJson());
        Assert.Equal(both, Bundle.ReadManifest(folder.File("bundle.json")).Manifest.Decisions.Passage);
    }

    private static PassageDecision Above(double prominence) => new(0.01, 0.95, prominence, 400);

    private DetectionPipeline Open(PassageDecision decision)
    {
        var bundle = tiny.Bundle with { Manifest = tiny.Bundle.Manifest with { Decisions = tiny.Bundle.Decisions with { Passage = decision } } };
        return DetectionPipeline.Open(new ModelSource("tiny", bundle.BasePath, bundle), new PipelineOptions { Time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(DateTimeOffset.UnixEpoch) });
    }

    /// <summary>An authorship head of random weights, so that every feature counts, with deviations so wide that none is too far out.</summary>
    private static HeadSet Heads(FeatureLayout layout)
    {
        var random = new Random(7);
        float[] Numbers(double least, double most) => [.. Enumerable.Range(0, layout.Length).Select(_ => (float)(least + (most - least) * random.NextDouble()))];
        float[] words = [.. Enumerable.Range(0, WordVocabulary.FoldedPlaces).Select(_ => (float)random.NextDouble())], rarity = [.. words.Select(weight => 1 + weight)];
        return new HeadSet(Numbers(-1, 1), Numbers(5, 20), WordVocabulary.Folded(rarity), [new Head("synthetic", Numbers(-1, 1), words, 0.5f, new Platt(1, 0))]);
    }

    private static Message Of(string text) => new() { Id = "m", Text = text, Channel = Channel.Email };

    private static string Numbers(JudgedMessage judged) => JsonSerializer.Serialize(new { judged.Scores, judged.Authorship, judged.Criteria, judged.Manipulation, judged.FalsePositiveRate, judged.TokenScores, judged.VerdictId, judged.Config });

    private static string Json(JudgedMessage judged) => JsonSerializer.Serialize(judged, ContractJson.Options);
}
