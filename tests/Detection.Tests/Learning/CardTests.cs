using System.Security.Cryptography;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Detectors.Heads;
using Detection.Learning.Attacks;
using Detection.Learning.Data;
using Detection.Learning.Evaluating;
using Detection.Learning.Features;
using Detection.Learning.Heads;
using Detection.Tests.Standalone;
using SkiaSharp;

namespace Detection.Tests.Learning;

/// <summary>The figures and pictures of a model card.</summary>
[Collection(TinyBundleTests.Name)]
public sealed class CardTests(TinyBundle tiny)
{
    [Fact]
    public void A_line_says_what_its_texts_can_show_and_no_more()
    {
        MeasuredRow[] rows =
        [
            .. People("synthetic/many", 400, flagged: 2), .. Machines("synthetic/many", 40, found: 30),
            .. People("synthetic/few", 10, flagged: 0), .. Machines("synthetic/few", 5, found: 5),
            .. People("synthetic/alarms", 100, flagged: 8),
        ];
        string text = Text(rows);
        // Clopper–Pearson of 2 of 400, Wilson of 30 of 40; people lie below all machines but for the flagged.
        Assert.Contains("\n| synthetic/many | 400 | 40 | 0.995 [", text, StringComparison.Ordinal);
        Assert.Contains("] | 100.0 % [1.000, 1.000] | 100.0 % [", text, StringComparison.Ordinal);
        Assert.Contains("| 0.5 %: 2 of 400 [0.001, 0.018] | not shown: 2 of 201 [0.001, 0.035] | 75.0 %: 30 of 40 [0.598, 0.858] | 52.5 % |\n", text, StringComparison.Ordinal);
        Assert.Contains("\n| synthetic/few | 10 | 5 | not shown | not shown | not shown | not shown: 0 of 10 [0.000, 0.308] | not shown: 0 of 5 [0.000, 0.522] | not shown: 5 of 5 [0.566, 1.000] | 66.7 % |\n", text, StringComparison.Ordinal);
        Assert.Contains("\n| synthetic/alarms | 100 | 0 | – | – | – | **above 1.0 %**: 8 of 100 [0.035, 0.152] | **above 1.0 %**: 8 of 54 [0.066, 0.271] | – | 54.0 % |\n", text, StringComparison.Ordinal);
        Assert.Contains("\n| all | 510 | 45 | ", text, StringComparison.Ordinal);
        Assert.Contains("under 299 texts even none flagged does not show it", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Slices_are_sources_channels_writers_and_lengths()
    {
        MeasuredRow[] rows =
        [
            .. People("synthetic/a", 30, 0).Select(row => With(row, Channel.Social, "native", 20)),
            .. People("synthetic/b", 25, 0).Select(row => With(row, Channel.Document, "non-native", 149)),
            .. Machines("synthetic/b", 5, 0).Select(row => With(row, Channel.Document, null, 150)),
            .. Machines("synthetic/b", 4, 0).Select(row => With(row, Channel.Document, null, 401)),
        ];
        var lines = CardTables.Questions(rows, Manifest()).Single().Lines;
        Assert.Equal(
        [
            ("source", "synthetic/a", 30, 0), ("source", "synthetic/b", 25, 9), ("channel", "document", 25, 9), ("channel", "social", 30, 0), ("writer", "native", 30, 0), ("writer", "non-native", 25, 0),
            ("tokens", "under 50", 30, 0), ("tokens", "50–150", 25, 0), ("tokens", "150–400", 0, 5), ("tokens", "over 400", 0, 4), ("all", "all", 55, 9),
        ], lines.Select(line => (line.Kind, line.Name, line.Negatives, line.Positives)));
    }

    [Fact]
    public void A_text_in_several_rows_counts_once_in_a_rate()
    {
        var one = People("synthetic/a", 1, flagged: 1)[0];
        MeasuredRow[] rows = [one, one, one with { Placed = one.Placed with { Row = one.Row with { File = "synthetic/b" } } }, .. People("synthetic/a", 20, 0).Skip(1)];
        var lines = CardTables.Questions(rows, Manifest()).Single().Lines;
        Assert.Equal([(21, 1, 20), (1, 1, 1), (22, 1, 20)], lines.Where(line => line.Kind is "source" or "all").Select(line => (line.Negatives, line.Flagged.Count, line.Flagged.Of)));
    }

    [Fact]
    public void Coverage_is_checked_on_sources_that_neither_taught_nor_calibrated_and_its_failure_is_marked()
    {
        MeasuredRow[] rows =
        [
            .. People("synthetic/taught", 50, 0, rate: 0.001),
            // Of one source group with what taught.
            .. People("synthetic/glimpse_claude_gemini", 50, 0, rate: 0.001),
            .. People("synthetic/strange", 12, 0, rate: 0.004), .. People("synthetic/strange", 88, 0, rate: 0.5, from: 12), .. People("synthetic/strange", 7, 0, rate: null, from: 100),
            .. People("synthetic/calm", 400, 0, rate: 0.2),
            .. Machines("synthetic/strange", 30, 30),
        ];
        var coverage = CardTables.Questions(rows, Manifest("synthetic/taught", "synthetic/fdg_open")).Single().Coverage;
        Assert.Equal([("synthetic/calm", true), ("synthetic/strange", true), ("all", true), ("synthetic/glimpse_claude_gemini", false), ("synthetic/taught", false), ("all", false)], coverage.Select(line => (line.Source, line.HeldOut)));
        string text = Text(rows, Manifest("synthetic/taught", "synthetic/fdg_open"));
        Assert.DoesNotContain("No source here is held out.", text, StringComparison.Ordinal);
        Assert.Contains("\n| synthetic/strange | yes | 100 | 7 | 12.0 %: 12 of 100 [0.064, 0.200], **not kept** | 12.0 %: 12 of 100 [0.064, 0.200], **not kept** | 12.0 %: 12 of 100 [0.064, 0.200], not shown |\n", text, StringComparison.Ordinal);
        Assert.Contains("\n| synthetic/calm | yes | 400 | 0 | 0.0 %: 0 of 400 [0.000, 0.009], kept | ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_source_that_taught_coverage_is_checked_on_rows_that_are_only_measured()
    {
        MeasuredRow[] rows = [.. Ham("spam/own", 40, rate: 0.03), .. Ham("spam/own", 60, rate: 0.001, from: 40).Select(row => row with { Placed = row.Placed with { Use = RowUse.SetsThresholds } })];
        var questions = CardTables.Questions(rows, Manifest("spam/own"));
        Assert.Equal(["spam", "phishing"], questions.Select(question => question.Question));
        Assert.All(questions, question =>
        {
            Assert.All(question.Coverage, line => Assert.False(line.HeldOut));
            Assert.Equal([(0.01, 0, 40, "not shown"), (0.05, 40, 40, "not kept"), (0.1, 40, 40, "not kept")], question.Coverage[^1].Rates.Select(rate => (rate.Nominal, rate.Reached.Count, rate.Reached.Of, rate.Verdict)));
        });
        Assert.Contains("No source here is held out.", Text(rows, Manifest("spam/own")), StringComparison.Ordinal);
    }

    [Fact]
    public void Phishing_is_held_against_ham_alone()
    {
        MeasuredRow[] rows = [.. Ham("spam/own", 3, 0.5), .. Mail("spam/own", 2, MailKind.Spam), .. Mail("spam/own", 4, MailKind.Phishing)];
        var lines = CardTables.Questions(rows, Manifest()).Select(question => question.Lines[^1]);
        Assert.Equal([(3, 6), (3, 4)], lines.Select(line => (line.Negatives, line.Positives)));
    }

    [Fact]
    public void Both_sets_of_heads_stand_side_by_side_and_few_answers_show_nothing()
    {
        MeasuredRow[] rows = [.. People("synthetic/a", 30, 0), .. Machines("synthetic/a", 30, 30), .. Mail("spam/a", 5, MailKind.Spam), .. Ham("spam/a", 40, 0.5)];
        var better = CardTables.Heads(rows);
        var report = new CardReport("tiny 1", "abc", "made", "some", [], better, [.. better.Where(head => head.Head == HeadNames.Synthetic).Select(head => head with { Auroc = 0.5, Brier = 0.25 })], null);
        string text = CardText.Of(report, []);
        // Probabilities .2 and .9: (30 × .04 + 30 × .01) / 60, and one of 15 bins holds two of either.
        Assert.Contains("\n| synthetic | 60 | 30 | 1.000 [1.000, 1.000] | 1.000 | 1.000 | 0.143 | 0.025 | 0.500 [1.000, 1.000] | 1.000 | 1.000 | 0.143 | 0.250 |\n", text, StringComparison.Ordinal);
        Assert.Contains("\n| spam | 45 | 5 | not shown | not shown | not shown | 0.", text, StringComparison.Ordinal);
        Assert.Contains(" | – | – | – | – | – |\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Pictures_have_their_size_and_show_a_curve_of_each_question()
    {
        using var folder = new TemporaryFolder();
        MeasuredRow[] rows = [.. People("synthetic/a", 60, 6), .. Machines("synthetic/a", 60, 40), .. Ham("spam/a", 40, 0.5), .. Mail("spam/a", 30, MailKind.Spam), .. Mail("spam/a", 30, MailKind.Phishing)];
        var report = new CardReport("tiny 1", "abc", "made", "some", CardTables.Questions(rows, Manifest()), CardTables.Heads(rows), null, null);
        Assert.Equal(["evaluation.md", "roc.png", "reliability.png", "distributions.png"], CardEvaluation.Write(report, folder.Path));
        Assert.Equal([(960, 720), (1440, 520), (1440, 520)], new[] { "roc.png", "reliability.png", "distributions.png" }.Select(name => Size(folder.File(name))));
        foreach (string name in new[] { "roc.png", "reliability.png", "distributions.png" })
        {
            using var picture = Pixels(folder.File(name));
            var pixels = picture.Pixels;
            // Lines are smoothed at their edges.
            int Near(SKColor colour) => pixels.Count(pixel => Math.Abs(pixel.Red - colour.Red) + Math.Abs(pixel.Green - colour.Green) + Math.Abs(pixel.Blue - colour.Blue) < 60);
            Assert.True(Near(SKColors.White) > pixels.Length / 2, $"{name} is on white");
            Assert.True(Near(SKColors.Black) > 200, $"{name} has labels");
            Assert.True(Near(SKColors.SteelBlue) > 100 && Near(SKColors.DarkOrange) > 100, $"{name} shows authorship and spam, or either answer");
        }
        Assert.All(new[] { "roc.png", "reliability.png" }, name => { using var picture = Pixels(folder.File(name)); Assert.Contains(SKColors.SeaGreen, picture.Pixels); });
        Assert.Contains("](roc.png)", File.ReadAllText(folder.File("evaluation.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_question_with_one_answer_alone_has_tables_and_no_picture()
    {
        using var folder = new TemporaryFolder();
        var report = new CardReport("tiny 1", "abc", "made", "some", CardTables.Questions(People("synthetic/a", 30, 0), Manifest()), [], null, null);
        File.WriteAllText(folder.File("roc.png"), "of an earlier bundle");
        Assert.Equal(["evaluation.md"], CardEvaluation.Write(report, folder.Path));
        Assert.False(File.Exists(folder.File("roc.png")));
        Assert.DoesNotContain(".png", File.ReadAllText(folder.File("evaluation.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bundle_is_measured_on_files_of_every_task_and_its_card_keeps_the_link_through_a_training()
    {
        using var folder = new TemporaryFolder();
        using var plain = tiny.Plain();
        var options = tiny.Options with { Output = folder.Path };
        HeadTraining.Run(plain, options, new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        string before = Card(folder);
        using var pipeline = DetectionPipeline.Open(new ModelSource("tiny", Bundle.Open(folder.Path).BasePath, WithResearch(folder.Path)), new PipelineOptions());
        var report = CardEvaluation.Run(pipeline, new EvaluationOptions { Task = LearningTask.Synthetic, Files = tiny.Files, Features = tiny.Features, DataFolder = folder.Path, Rows = 60 }, attacks: true, new TinyBundle.Lines([]), TestContext.Current.CancellationToken);

        Assert.Equal(["authorship", "spam", "phishing"], report.Questions.Select(question => question.Question));
        Assert.Equal(["synthetic", "spam", "phishing", .. TinyBundle.Techniques], report.Heads.Select(head => head.Head));
        Assert.Equal(["synthetic"], report.Research!.Select(head => head.Head));
        Assert.Equal(report.Heads[0], report.Research![0]);
        Assert.All(report.Heads, head => Assert.InRange(head.Brier, 0, 0.25));
        Assert.Equal(Attack.All.Count, report.Attacks!.Attacks.Count);

        CardEvaluation.Write(report, folder.Path);
        string text = File.ReadAllText(folder.File("evaluation.md")), linked = Card(folder);
        Assert.Contains(pipeline.Identity.Sha256, text, StringComparison.Ordinal);
        Assert.Contains("\n| spam/letters | ", text, StringComparison.Ordinal);
        Assert.Contains("\n| homoglyph | 1 | 60 | ", text, StringComparison.Ordinal);
        Assert.Contains("](evaluation.md)", linked, StringComparison.Ordinal);
        Assert.Contains("](reliability.png)", linked, StringComparison.Ordinal);
        Assert.True(linked.IndexOf("## Figures", StringComparison.Ordinal) < linked.IndexOf("## Limits", StringComparison.Ordinal));

        CardEvaluation.Write(report, folder.Path);
        Assert.Equal(linked, Card(folder));
        HeadTraining.Run(plain, options, new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        Assert.Equal(linked, Card(folder));
        File.Delete(folder.File("evaluation.md"));
        HeadTraining.Run(plain, options, new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        Assert.Equal(before, Card(folder));
    }

    [Fact]
    public void A_model_without_heads_has_no_card()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Plain();
        var options = new EvaluationOptions { Task = LearningTask.Synthetic, Files = tiny.Files, Features = folder.File("features"), DataFolder = folder.Path };
        Assert.Contains("no heads", Assert.Throws<InvalidDataException>(() => CardEvaluation.Run(pipeline, options, false, new TinyBundle.Lines([]), TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_writes_tables_and_pictures_where_it_is_told()
    {
        using var folder = new TemporaryFolder();
        string[] arguments = ["evaluate", "--card", "--model", tiny.Bundle.Folder, "--data", .. tiny.Files, "--features", tiny.Features, "--dtype", "float32", "--device", "cpu", "--threads", "2", "--rows", "40", "--out", folder.File("card")];
        var ran = await TheCommand.RunAsync(arguments);
        Assert.True(ran.ExitCode == 0, ran.Error);
        Assert.Equal($"evaluation.md, roc.png, reliability.png, distributions.png in {folder.File("card")}\n", ran.Output);
        Assert.Equal(["distributions.png", "evaluation.md", "reliability.png", "roc.png"], Directory.GetFiles(folder.File("card")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.False(File.Exists(Path.Combine(tiny.Bundle.Folder, "evaluation.md")));
    }

    private BundleManifest Manifest(params string[] taught) =>
        tiny.Bundle.Manifest with { Training = [.. taught.Select(source => new TrainingSource(source, "trains", 1, "", "own", ""))] };

    private string Text(IReadOnlyList<MeasuredRow> rows, BundleManifest? manifest = null) =>
        CardText.Of(new CardReport("tiny 1", "abc", "made", "some", CardTables.Questions(rows, manifest ?? Manifest()), CardTables.Heads(rows), null, null), []);

    private static string Card(TemporaryFolder folder) => File.ReadAllText(folder.File("README.md"));

    private static (int Width, int Height) Size(string png)
    {
        using var picture = Pixels(png);
        return (picture.Width, picture.Height);
    }

    private static SKBitmap Pixels(string png) => SKBitmap.Decode(png);

    /// <summary>The bundle with a second set of heads, that of authorship alone.</summary>
    private static Bundle WithResearch(string folder)
    {
        const string Name = "heads-research.safetensors";
        var bundle = Bundle.Open(folder);
        string path = Path.Combine(folder, Name);
        (bundle.Heads with { Heads = bundle.Heads.Heads.With([bundle.Heads.Heads.Heads[0]]) }).Write(path);
        byte[] bytes = File.ReadAllBytes(path);
        var manifest = bundle.Manifest with { Heads = bundle.Manifest.Heads with { Research = new BundleFile(Name, Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes.Length) } };
        File.WriteAllText(Path.Combine(folder, BundleManifest.FileName), manifest.ToJson());
        return Bundle.Open(folder);
    }

    /// <summary>Half of those that are not flagged are called human, the others get no answer.</summary>
    private static MeasuredRow[] People(string file, int count, int flagged, double? rate = 0.5, int from = 0) =>
        [.. Enumerable.Range(from, count).Select(i => Row(file, i, false, i < from + flagged ? 100 : i / 1000f, i < from + flagged ? Authorship.Machine : i % 2 == 0 ? Authorship.Human : Authorship.Unsure, rate))];

    private static MeasuredRow[] Machines(string file, int count, int found) =>
        [.. Enumerable.Range(0, count).Select(i => Row(file, i, true, 50, i < found ? Authorship.Machine : Authorship.Unsure, 0.001))];

    private static MeasuredRow[] Ham(string file, int count, double? rate, int from = 0) => [.. Enumerable.Range(from, count).Select(i => Row(file, i, MailKind.Ham, rate))];

    private static MeasuredRow[] Mail(string file, int count, MailKind kind) => [.. Enumerable.Range(0, count).Select(i => Row(file, i, kind, 0.001))];

    private static MeasuredRow Row(string file, int i, bool machine, float margin, Authorship answer, double? rate) => Row(
        new LabelledRow { Id = $"{machine}{i}", File = file, Task = LearningTask.Synthetic, Text = $"{file} {machine} {i}", Machine = machine, Split = "test", Message = new Message { Channel = Channel.Document } },
        new Dictionary<string, float> { [HeadNames.Synthetic] = margin }, new Scores(machine ? 0.9 : 0.2, null, null, null), answer, MailKind.Unsure, rate);

    private static MeasuredRow Row(string file, int i, MailKind kind, double? rate) => Row(
        new LabelledRow { Id = $"{kind}{i}", File = file, Task = LearningTask.Spam, Text = $"{file} {kind} {i}", Mail = kind, Split = "test", Message = new Message { Channel = Channel.Email } },
        new Dictionary<string, float> { [HeadNames.Spam] = (int)kind + i / 15f, [HeadNames.Phishing] = (int)kind + i / 15f }, new Scores(null, 0.2 + 0.6 * i / 100, 0.1 + 0.6 * i / 100, null), Authorship.Unsure, kind, rate);

    private static MeasuredRow Row(LabelledRow row, Dictionary<string, float> margins, Scores scores, Authorship answer, MailKind kind, double? rate) => new(
        new PlacedRow(row, row.Id, RowUse.Measured), new StoredFeatures(100, 500, true, new TextFeatures([], WordVector.None)), new Judgement
        {
            Scores = scores,
            Authorship = answer,
            Decided = new Decided(kind, []),
            Manipulation = new Dictionary<string, double?>(),
            FalsePositiveRate = rate is { } stated ? margins.Keys.ToDictionary(head => head, _ => new FalsePositiveRate(stated, 1000, "all")) : new Dictionary<string, FalsePositiveRate>(),
            Margins = margins,
        });

    private static MeasuredRow With(MeasuredRow row, Channel channel, string? writer, int tokens) => row with
    {
        Placed = row.Placed with { Row = row.Row with { Writer = writer, Message = row.Row.Message with { Channel = channel } } },
        Features = row.Features with { Tokens = tokens },
    };
}
