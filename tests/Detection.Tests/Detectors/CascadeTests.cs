using System.Text.Json;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Ingest;
using Detection.Learning.Data;
using Detection.Learning.Evaluating;
using Detection.Tests.Learning;

namespace Detection.Tests.Detectors;

/// <summary>The tiny bundle, which calls nobody a machine because its calibration is too small for that, and a second one that calls everybody a person.</summary>
[Collection(TinyBundleTests.Name)]
public sealed class CascadeTests(TinyBundle tiny)
{
    private const string ByMachine = "the delve underscores at number 12. the tapestry fosters at number 512. the realm leverages at number 7. the delve fosters at number 31.";
    private const string ByPerson = "the rain fell at number 12. the wind stayed at number 512. the sun came at number 7. the fog went at number 31.";

    private static readonly Message[] Messages =
    [
        Some("machine", ByMachine),
        Some("person", ByPerson),
        Some("short", "ok then, see you"),
        Some("german", "Heute regnet es den ganzen Tag, und deshalb bleiben wir lieber zu Hause und lesen ein gutes Buch, das wir schon lange lesen wollten."),
        Some("other machine", ByMachine.Replace("delve", "testament", StringComparison.Ordinal)),
        Some("empty", ""),
    ];

    private Bundle? _first;

    private Bundle First => _first ??= FirstBundle();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void What_the_first_model_is_sure_of_keeps_its_verdict_and_the_rest_is_the_second_s()
    {
        using var cascade = Open(First);
        using var first = tiny.Open(First, null);
        using var second = tiny.Open(Second, null);
        var judged = cascade.Judge(Messages, Cancellation);
        var alone = first.Judge(Messages, Cancellation);
        var other = second.Judge(Messages, Cancellation);
        Assert.Equal([Authorship.Unsure, Authorship.Human, Authorship.TooShort, Authorship.Unsupported, Authorship.Unsure, Authorship.TooShort], alone.Select(one => one.Authorship));
        Assert.Equal([Authorship.Human, Authorship.Human, Authorship.TooShort, Authorship.Unsupported, Authorship.Human, Authorship.TooShort], judged.Select(one => one.Authorship));
        for (int i = 0; i < Messages.Length; i++)
        {
            bool handedOn = alone[i].Authorship == Authorship.Unsure;
            var stands = handedOn ? other[i] : alone[i];
            var said = judged[i].Evidence.Where(evidence => evidence.Signal == "second-model").ToArray();
            Assert.Equal(Json(stands with { Config = "" }), Json(judged[i] with { Config = "", Evidence = [.. judged[i].Evidence.Except(said)] }));
            Assert.Equal(handedOn ? ["tiny was not sure, so tiny judged it."] : [], said.Select(evidence => evidence.Text));
            Assert.Equal(stands.VerdictId, VerdictIdentity.VerdictId(Messages[i].Id!, judged[i].ContentSha256, stands.Bundle.Sha256, VerdictRule.Default.Sha256));
        }
    }

    [Fact]
    public void A_message_gets_the_same_bits_alone_in_a_batch_in_another_order_and_after_a_restart()
    {
        string[] together, reversed, alone;
        using (var cascade = Open(First))
        {
            together = [.. cascade.Judge(Messages, Cancellation).Select(Json)];
            reversed = [.. cascade.Judge([.. Messages.Reverse()], Cancellation).Reverse().Select(Json)];
        }
        using (var cascade = Open(First)) alone = [.. Messages.Select(message => Json(cascade.Judge([message], Cancellation)[0]))];
        Assert.Equal(together, reversed);
        Assert.Equal(together, alone);
    }

    [Fact]
    public void The_configuration_names_both_bundles()
    {
        using var cascade = Open(First);
        using var otherFirst = Open(First with { Sha256 = new string('3', 64) });
        using var otherSecond = tiny.Open(First, new PipelineOptions { Second = Source(Second with { Sha256 = new string('4', 64) }) });
        using var first = tiny.Open(First, null);
        using var second = tiny.Open(Second, null);
        string[] configs = [cascade.Config, otherFirst.Config, otherSecond.Config, first.Config];
        Assert.Equal(configs.Length, configs.Distinct().Count());
        Assert.Equal(first.Config, second.Config); // of one model: its bundle stands beside it
        Assert.All(cascade.Judge(Messages, Cancellation), judged => Assert.Equal(cascade.Config, judged.Config));
    }

    [Fact]
    public void A_message_whose_mail_alone_is_open_is_handed_on_too()
    {
        var decisions = tiny.Bundle.Manifest.Decisions;
        using var cascade = Open(With("1-mail", '1', decisions with { Spam = decisions.Spam with { Below = -1e9 } }));
        var judged = cascade.Judge([Messages[1], Messages[2]], Cancellation);
        Assert.Equal((Second.Identity, Authorship.Human), (judged[0].Bundle, judged[0].Authorship));
        // Too short for either question.
        Assert.Equal((cascade.Identity, MailKind.Unsure, Authorship.TooShort), (judged[1].Bundle, judged[1].Decided.Mail, judged[1].Authorship));
    }

    [Fact]
    public void Two_models_with_heads_are_needed_and_they_are_two()
    {
        var plain = new ModelSource("plain", tiny.Bundle.BasePath, null);
        Refused(() => tiny.Open(new PipelineOptions { Second = plain }), "has no heads for float32");
        Refused(() => DetectionPipeline.Open(plain, new PipelineOptions { Second = Source(tiny.Bundle) }), "has no heads for float32");
        Refused(() => tiny.Open(First, new PipelineOptions { Dtype = "bfloat16", Second = Source(Second) }), "has no heads for bfloat16");
        Refused(() => tiny.Open(new PipelineOptions { Second = Source(tiny.Bundle) }), "is the first model too");

        static void Refused(Func<DetectionPipeline> open, string because) => Assert.Contains(because, Assert.Throws<BundleException>(open).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LearningTask.Synthetic, 0)]
    [InlineData(LearningTask.Spam, 1)]
    public void What_is_counted_on_labelled_rows_is_what_it_says_of_them(LearningTask task, int file)
    {
        using var folder = new TemporaryFolder();
        using var cascade = Open(tiny.Bundle);
        var options = new EvaluationOptions { Task = task, Files = [tiny.Files[file]], Rows = 60, Features = folder.Path, DataFolder = folder.Path };
        var report = CascadeEvaluation.Run(cascade, options, new TinyBundle.Lines([]), Cancellation);
        var all = report.All;
        Assert.Equal(JsonSerializer.Serialize(all with { File = "" }), JsonSerializer.Serialize(Assert.Single(report.Files) with { File = "" }));
        Assert.Equal(("tiny 1", "tiny 2"), (report.First, report.Second));

        var rows = Evaluation.Choose(LabelledSet.Read(options.Files).Rows, cascade, options).Select(row => row.Row).ToArray();
        Message[] messages = [.. rows.Select(row => MessageExtraction.Extract(row.Message, new IngestOptions()))];
        Check(all.First, tiny.Bundle);
        Check(all.Second, Second);
        var judged = Check(all.Cascade, tiny.Bundle, Second);
        var handedOn = judged.Where(one => one.Bundle == Second.Identity).ToArray();
        Assert.InRange(handedOn.Length, 1, rows.Length - 1);
        Assert.Equal((handedOn.Length, handedOn.Sum(one => (long)one.Tokens), judged.Sum(one => (long)one.Tokens)), (all.HandedOn.Messages, all.HandedOn.Tokens, all.HandedOn.OfTokens));
        Assert.Contains($"All files: {handedOn.Length} of {rows.Length} messages handed on", CascadeEvaluation.Table(report), StringComparison.Ordinal);

        IReadOnlyList<JudgedMessage> Check(CascadeDecisions counted, Bundle bundle, Bundle? second = null)
        {
            using var model = tiny.Open(bundle, new PipelineOptions { Second = second is null ? null : Source(second) });
            var said = model.Judge(messages, Cancellation);
            int Count(bool positive, bool answer) => rows.Where((row, i) => (task == LearningTask.Synthetic ? row.Machine == true : row.Mail != MailKind.Ham) == positive
                && (task == LearningTask.Synthetic ? said[i].Authorship == (answer ? Authorship.Machine : Authorship.Human)
                    : answer ? said[i].Decided.Mail is MailKind.Spam or MailKind.Phishing : said[i].Decided.Mail == MailKind.Ham)).Count();
            Assert.Equal((Count(true, true), Count(false, true), Count(true, false)), (counted.Outcome.Found, counted.Outcome.Flagged, counted.Missed));
            Assert.Equal(counted.Decided, Count(true, true) + Count(false, true) + Count(true, false) + Count(false, false));
            return said;
        }
    }

    [Fact]
    public void Speed_is_measured_beside_the_pass_and_beside_the_second_model()
    {
        using var cascade = Open(First);
        using var first = tiny.Open(First, null);
        var measured = PipelineBenchmark.Measure(first, Messages, rounds: 2, cascade, cancel: Cancellation);
        Assert.Equal((Messages.Length, 2 / 6.0, "tiny"), (measured.Messages, measured.Cascade!.HandedOn, measured.Cascade.Second));
        Assert.Equal(["tokenising", "pooling", "features", "heads", "evidence"], measured.Stages.Select(stage => stage.Name));
        Assert.True(measured is { OverPass: > 0, MessagesPerSecond: > 0 } && measured.Cascade is { MessagesPerSecond: > 0, SecondMessagesPerSecond: > 0, HandedOnTokens: > 0 and < 1 });
        Assert.Null(PipelineBenchmark.Measure(first, Messages, rounds: 1, cancel: Cancellation).Cascade);
    }

    private DetectionPipeline Open(Bundle first) => tiny.Open(first, new PipelineOptions { Second = Source(Second) });

    /// <summary>Always sure about mail, and of authorship where a text reads like the one by a person.</summary>
    private Bundle FirstBundle()
    {
        using var model = tiny.Open();
        float[] margins = [.. model.Decide([.. model.Read(Messages, Cancellation)], Cancellation).Select(judgement => judgement.Margins["synthetic"])];
        Assert.True(margins[1] < Math.Min(margins[0], margins[4]));
        var decisions = tiny.Bundle.Manifest.Decisions;
        return With("1-mail", '1', decisions with { Synthetic = decisions.Synthetic with { Below = margins[1] }, Spam = decisions.Spam with { Below = 1e9 } });
    }

    private Bundle Second => With("2", '2', tiny.Bundle.Manifest.Decisions with { Synthetic = tiny.Bundle.Manifest.Decisions.Synthetic with { Below = 1e9 } });

    private Bundle With(string version, char hash, DecisionSettings decisions) => tiny.Bundle with { Manifest = tiny.Bundle.Manifest with { Version = version, Decisions = decisions }, Sha256 = new string(hash, 64) };

    private static ModelSource Source(Bundle bundle) => new(bundle.Manifest.Name, bundle.BasePath, bundle);

    private static Message Some(string id, string text) => new() { Id = id, Text = text, Channel = Channel.Email };

    private static string Json(JudgedMessage judged) => JsonSerializer.Serialize(judged, ContractJson.Options);
}
