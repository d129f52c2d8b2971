using System.Text.Json;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Detectors.Explaining;
using Detection.Learning.Attacks;
using Detection.Tests.Learning;

namespace Detection.Tests.Detectors;

[Collection(TinyBundleTests.Name)]
public sealed class DetectionPipelineTests(TinyBundle tiny)
{
    private static readonly Message[] Messages =
    [
        Some("1", "Dear customer, your account is locked. Verify your password now at http://bank.example or lose it today!", Channel.Email),
        Some("2", "ok", Channel.Sms),
        Some("3", "", Channel.Other),
        Some("4", string.Join(' ', Enumerable.Range(0, 200).Select(i => $"the rain fell on street {i} and we went home.")), Channel.Document),
        Some("5", "p\u200Bay\nn\u043Ew   \u202Eplease, everybody does it these days and so should you my friend", Channel.Social),
    ];

    [Fact]
    public void A_model_without_heads_gives_criteria_and_nothing_else_with_one_warning()
    {
        using var model = TinyModel.Llama();
        var warnings = new List<string>();
        using var pipeline = DetectionPipeline.Open(new ModelSource("tiny", model.Path, null), new PipelineOptions { Warn = warnings.Add });
        var verdicts = pipeline.Judge(Messages, TestContext.Current.CancellationToken);
        Assert.Single(warnings);
        Assert.Equal(Messages.Select(message => message.Id), verdicts.Select(verdict => verdict.MessageId));
        Assert.All(verdicts, verdict =>
        {
            Assert.Equal((Scores.None, Authorship.Unsure, VerdictAction.Allow), (verdict.Scores, verdict.Authorship, verdict.Action));
            Assert.Empty(verdict.FalsePositiveRate);
        });
        Assert.True(verdicts[0].Criteria["mean_loglik"] < 0);
        Assert.Null(verdicts[2].Criteria["mean_loglik"]);
    }

    [Fact]
    public void A_verdict_has_every_score_and_head_and_the_same_bits_alone_in_a_batch_and_in_another_order()
    {
        using var pipeline = tiny.Open();
        var together = pipeline.Judge(Messages, TestContext.Current.CancellationToken);
        var reversed = pipeline.Judge([.. Messages.Reverse()], TestContext.Current.CancellationToken);
        for (int i = 0; i < Messages.Length; i++)
        {
            string alone = Json(pipeline.Judge([Messages[i]], TestContext.Current.CancellationToken)[0]);
            Assert.Equal(alone, Json(together[i]));
            Assert.Equal(alone, Json(reversed[Messages.Length - 1 - i]));
        }
        Assert.All(together, verdict => Assert.True(verdict.Scores is { Synthetic: >= 0 and <= 1, Spam: >= 0 and <= 1 } && verdict.Scores.Phishing <= verdict.Scores.Spam));
        // The tiny bundle knows its techniques from mails of one source; nothing shows that they can be told in any other channel.
        Assert.All(together, verdict => Assert.Equal(verdict.Channel == Channel.Email, verdict.Scores.Manipulation is not null));
        Assert.Equal(TinyBundle.Techniques, together[0].Manipulation.Keys);
    }

    [Fact]
    public void Token_scores_lie_on_the_stored_text_and_cover_its_words()
    {
        using var pipeline = tiny.Open();
        var judged = pipeline.Judge([Messages[4]], TestContext.Current.CancellationToken)[0];
        var map = judged.TokenScores!;
        Assert.Equal(judged.Tokens, map.Count);
        Assert.True(float.IsNaN(map.LogProb[0]) && map.Rank[0] == -1 && map.LogProb[1] < 0);
        for (int i = 0; i < map.Count; i++) Assert.InRange(map.End[i], map.Start[i], Messages[4].Text!.Length);
        Assert.Contains(judged.Evidence, evidence => evidence is { Signal: "zero-width", Spans: [{ Start: 1, End: 2 }] });
    }

    [Fact]
    public void A_long_message_is_cut_and_says_so()
    {
        using var pipeline = tiny.Open();
        var judged = pipeline.Judge(Messages, TestContext.Current.CancellationToken);
        Assert.True(judged[3].Truncated && judged[3].Tokens == pipeline.MaxTokens);
        Assert.False(judged[0].Truncated);
        Assert.Equal(Authorship.TooShort, judged[1].Authorship);
    }

    [Fact]
    public void Ids_are_the_contract_s_and_change_with_the_rule()
    {
        using var pipeline = tiny.Open();
        var judged = pipeline.Judge([Messages[0]], TestContext.Current.CancellationToken)[0];
        Assert.Equal(VerdictIdentity.VerdictId("1", VerdictIdentity.ContentSha256(Messages[0]), tiny.Bundle.Sha256, VerdictRule.Default.Sha256), judged.VerdictId);
        using var strict = tiny.Open(new PipelineOptions { Rule = new VerdictRule(["spam>=0"], []) });
        var other = strict.Judge([Messages[0]], TestContext.Current.CancellationToken)[0];
        Assert.NotEqual(judged.VerdictId, other.VerdictId);
        Assert.Equal((VerdictAction.Hold, judged.Config), (other.Action, other.Config));
    }

    [Fact]
    public void The_entry_that_tipped_the_verdict_is_its_first_evidence()
    {
        using var strict = tiny.Open(new PipelineOptions { Rule = new VerdictRule([], ["spam>=0"]) });
        var judged = strict.Judge([Messages[0]], TestContext.Current.CancellationToken)[0];
        Assert.Equal((VerdictAction.Review, "rule", "For review: spam of 0 or more."), (judged.Action, judged.Evidence[0].Signal, judged.Evidence[0].Text));
        using var never = tiny.Open(new PipelineOptions { Rule = new VerdictRule([], []) });
        var allowed = never.Judge([Messages[0]], TestContext.Current.CancellationToken)[0];
        Assert.Equal(judged.Evidence.Skip(1).Select(evidence => evidence.Text), allowed.Evidence.Select(evidence => evidence.Text));
    }

    [Fact]
    public void What_the_heads_say_of_the_first_half_is_what_they_say_of_a_text_that_ends_there()
    {
        using var pipeline = tiny.Open();
        string sentence = "the rain fell at number 12. the wind stayed at number 512. ", text = string.Concat(Enumerable.Repeat(sentence, 4)).TrimEnd();
        var whole = pipeline.Judge([new Message { Id = "whole", Channel = Channel.Email, Text = text }], TestContext.Current.CancellationToken)[0];
        Assert.Equal(Authorship.Human, whole.Authorship);
        var stability = Assert.Single(whole.Evidence, evidence => evidence.Signal == "stability");
        var map = whole.TokenScores!;
        string half = text[..map.End[(map.Count + 1) / 2 - 1]];
        var alone = pipeline.Judge([new Message { Id = "half", Channel = Channel.Email, Text = half }], TestContext.Current.CancellationToken)[0];
        Assert.Equal((map.Count + 1) / 2, alone.Tokens);
        Assert.Equal(alone.Scores.Synthetic!.Value, stability.Value, 1e-3);
        Assert.Equal(alone.Authorship == Authorship.Human, stability.Text.StartsWith("The same", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Authorship.Machine, "The same is found when only the first half of the text is read.")]
    [InlineData(Authorship.Human, "It rests on the second half of the text: the first half alone reads otherwise.")]
    [InlineData(Authorship.Unsure, "It takes the whole text: from the first half alone it is not clear who wrote it.")]
    [InlineData(Authorship.TooShort, null)]
    public void Whether_the_answer_survives_truncation_is_said(Authorship half, string? sentence)
    {
        using var pipeline = tiny.Plain();
        var reading = pipeline.Read([Messages[0]], TestContext.Current.CancellationToken)[0];
        var machine = Judgement.Silent(supported: true) with { Authorship = Authorship.Machine };
        Assert.Equal(sentence, new EvidenceWriter(null).Write(reading, machine, machine with { Authorship = half }).SingleOrDefault(evidence => evidence.Signal == "stability")?.Text);
    }

    [Fact] // threads wrap what fails in them; a worker names the kind of failure
    public void A_failure_on_one_message_of_a_batch_comes_as_it_is()
    {
        using var pipeline = tiny.Open();
        Assert.Throws<ArgumentNullException>(() => pipeline.Judge([Messages[0], Messages[4] with { Id = null }], TestContext.Current.CancellationToken));
        Assert.Throws<OperationCanceledException>(() => pipeline.Judge(Messages, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Another_type_than_the_bundle_s_gives_criteria_only()
    {
        var warnings = new List<string>();
        using var pipeline = tiny.Open(new PipelineOptions { Dtype = "bfloat16", Warn = warnings.Add });
        var judged = pipeline.Judge([Messages[0]], TestContext.Current.CancellationToken)[0];
        Assert.Equal((Scores.None, Authorship.Unsure), (judged.Scores, judged.Authorship));
        Assert.Contains("bfloat16", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Facts_of_ingest_and_hidden_text_are_said_beside_the_scores()
    {
        using var pipeline = tiny.Open();
        var message = Messages[0] with
        {
            Facts = [new Fact("link-mismatch", "A link reads bank.example and leads to evil.example.")],
            Links = [new Link("bank.example", "http://evil.example/")],
            Hidden = [new HiddenText("tiny-font", "unseen")],
        };
        var evidence = pipeline.Judge([message], TestContext.Current.CancellationToken)[0].Evidence;
        var mismatch = Assert.Single(evidence, one => one.Signal == "link-mismatch");
        Assert.Equal("bank.example", message.Text![mismatch.Spans[0].Start..mismatch.Spans[0].End]);
        Assert.Contains("6 characters", Assert.Single(evidence, one => one.Signal == "hidden-text").Text, StringComparison.Ordinal);
        Assert.Equal(1, evidence.Sum(one => one.Weight), 0.01);
    }

    [Fact]
    public void What_normalisation_removed_is_said_in_numbers_and_weighs_by_its_share()
    {
        using var pipeline = tiny.Open();
        string text = Messages[0].Text!;
        Evidence Of(string attacked) => pipeline.Judge([Messages[0] with { Text = attacked }], TestContext.Current.CancellationToken)[0].Evidence.Single(one => one.Signal is "zero-width" or "confusable");
        Evidence one = Of(text.Replace("account", "acc\u200Bount", StringComparison.Ordinal)), many = Of(Attack.ZeroWidth.Apply(text)), letters = Of(Attack.Homoglyph.Apply(text));
        Assert.Equal(("1 invisible character was removed.", 1), (one.Text, one.Value));
        Assert.EndsWith("invisible characters were removed: 38 % of its characters.", many.Text, StringComparison.Ordinal);
        Assert.True(many.Weight > one.Weight);
        Assert.Contains("letters of other alphabets that look Latin were read as Latin", letters.Text, StringComparison.Ordinal);
        var reading = pipeline.Read([Messages[0] with { Text = Attack.ZeroWidth.Apply(text) }, Messages[0]], TestContext.Current.CancellationToken);
        Assert.Equal(many.Value, reading[0].Signals.Count("zero-width"));
        Assert.True(reading[0].Signals.LogTokenGrowth > 0.5);
        Assert.All(reading[1].Signals.Values, share => Assert.Equal(0, share));
    }

    [Fact]
    public void An_explanation_reads_the_text_as_it_was_sent_too_and_changes_no_verdict()
    {
        using var pipeline = tiny.Open();
        string text = Messages[0].Text!;
        Message[] messages = [Messages[0], Messages[0] with { Text = Attack.ZeroWidth.Apply(text) }, Messages[0] with { Text = text.Replace(" ", "\n\n", StringComparison.Ordinal) }];
        var explained = pipeline.Explain(messages, TestContext.Current.CancellationToken);
        Assert.Equal(pipeline.Judge(messages, TestContext.Current.CancellationToken).Select(Json), explained.Select(one => Json(one.Judged)));
        var (plain, hidden, broken) = (explained[0], explained[1], explained[2]);
        Assert.Equal((plain.Normalised, 0), (plain.AsSent, plain.Removed.Count));
        Assert.NotNull(plain.Normalised.Margin);
        Assert.Equal(plain.Judged.Criteria["mean_loglik"], plain.Normalised.Likelihood);
        var removed = Assert.Single(hidden.Removed);
        Assert.True(removed is { Kind: "zero-width", Count: > 50 });
        foreach (var one in new[] { hidden, broken })
        {
            Assert.Equal(plain.Normalised, one.Normalised);
            Assert.True(one.AsSent.Tokens > one.Normalised.Tokens);
            Assert.NotEqual(one.Normalised.Margin, one.AsSent.Margin);
            Assert.NotEqual(one.Normalised.FastDetectGpt, one.AsSent.FastDetectGpt);
        }
        Assert.Empty(broken.Removed);
    }

    private static Message Some(string id, string text, Channel channel) => new() { Id = id, Text = text, Channel = channel };

    private static string Json(JudgedMessage judged) => JsonSerializer.Serialize(judged, ContractJson.Options);
}
