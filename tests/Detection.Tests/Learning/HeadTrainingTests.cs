using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Detectors.Heads;
using Detection.Learning.Attacks;
using Detection.Learning.Data;
using Detection.Learning.Evaluating;
using Detection.Learning.Features;
using Detection.Learning.Heads;
using Detection.Learning.Metrics;

namespace Detection.Tests.Learning;

[Collection(TinyBundleTests.Name)]
public sealed class HeadTrainingTests(TinyBundle tiny)
{
    [Fact]
    public void Every_head_that_has_both_answers_is_trained_and_the_others_are_absent()
    {
        Assert.Equal(["synthetic", "spam", "phishing", .. TinyBundle.Techniques], tiny.Report.Heads.Keys);
        Assert.All(tiny.Report.Heads.Values.Where(strength => !double.IsNaN(strength.Auroc)), strength => Assert.InRange(strength.Auroc, 0.9, 1));
    }

    /// <summary>Cause: in a channel of which nothing was known, a head read at random what words mean in the others, or not at all, and was held to a threshold of those that it knew.</summary>
    [Fact]
    public void A_head_reads_the_words_of_a_channel_apart_where_it_was_taught_and_another_one_judges_elsewhere()
    {
        var heads = tiny.Bundle.Heads.Heads.Heads.ToDictionary(head => head.Name, StringComparer.Ordinal);
        Assert.Equal([Detection.Contracts.Channel.Email], heads["spam"].Own);
        Assert.Equal(Detection.Contracts.Channel.Email, Assert.Single(heads["spam"].OfChannel.Keys));
        var technique = heads["urgency_scarcity"];
        Assert.Equal((2 * WordVocabulary.Most, 2 * WordVocabulary.Most, WordVocabulary.Most), (heads["spam"].Words.Length, technique.Words.Length, technique.Elsewhere!.Words.Length));
        Assert.Equal((technique, technique.Elsewhere), (technique.In(Detection.Contracts.Channel.Email), technique.In(Detection.Contracts.Channel.Social)));
        Assert.Null(heads["spam"].Elsewhere);
    }

    [Fact]
    public void The_manifest_names_hashes_data_and_thresholds()
    {
        var manifest = tiny.Bundle.Manifest;
        Assert.Equal((400, "float32"), (manifest.Features.MaxTokens, manifest.Dtypes[0]));
        Assert.Contains(manifest.Base.Files, file => file is { Name: "model.safetensors", Sha256.Length: 64 });
        Assert.Contains(manifest.Training, source => source is { Source: "spam/letters", Use: "trains", Rows: > 100, Sha256.Length: 64 });
        // One source shows each technique: where it is named is known of that source's channel alone.
        Assert.Empty(manifest.Decisions.Techniques);
        Assert.Subset(TinyBundle.Techniques.ToHashSet(StringComparer.Ordinal), manifest.Decisions.TechniquesOf!["email"].Keys.ToHashSet(StringComparer.Ordinal));
        Assert.Contains("| spam/letters | trains |", File.ReadAllText(Path.Combine(tiny.Bundle.Folder, "README.md")), StringComparison.Ordinal);
    }

    /// <summary>Cause: of 57 ordinary mails all were said to argue by a fallacy, which the head knew from examples of fallacies alone.</summary>
    [Fact]
    public void A_technique_is_seldom_named_in_ordinary_messages_that_nobody_has_asked_about_it()
    {
        using var pipeline = tiny.Open();
        var rows = LabelledFile.Read(tiny.Files[1]).Where(row => row.Mail == Detection.Contracts.MailKind.Ham).Take(100).ToArray();
        var judged = pipeline.Judge([.. rows.Select(row => Detection.Ingest.MessageExtraction.Extract(row.Message, new Detection.Ingest.IngestOptions()))], TestContext.Current.CancellationToken).ToArray();
        Assert.All(TinyBundle.Techniques, technique => Assert.InRange(judged.Count(one => one.Decided.Techniques.Contains(technique)), 0, 10));
        Assert.All(judged, one => Assert.InRange(one.Scores.Manipulation!.Value, 0, 0.5));
    }

    [Fact]
    public void A_second_training_reads_no_text_again_and_writes_the_same_heads()
    {
        string heads = Path.Combine(tiny.Bundle.Folder, "heads.safetensors");
        byte[] first = File.ReadAllBytes(heads);
        using var pipeline = tiny.Plain();
        var said = new List<string>();
        HeadTraining.Run(pipeline, tiny.Options, new TinyBundle.Lines(said), TestContext.Current.CancellationToken);
        Assert.DoesNotContain(said, line => line.StartsWith("Read ", StringComparison.Ordinal));
        Assert.Equal(first, File.ReadAllBytes(heads));
    }

    [Fact]
    public void A_bundle_shares_the_features_of_its_base_model()
    {
        // The one takes the hashes that its manifest names and that were checked at its opening, the other computes them.
        using var bundled = tiny.Open();
        using var plain = tiny.Plain();
        Assert.Equal(plain.FeatureKey, bundled.FeatureKey);
    }

    [Fact]
    public void Two_files_of_one_name_are_refused_before_anything_is_read()
    {
        using var folder = new TemporaryFolder();
        string twin = folder.File("notes.jsonl");
        File.Copy(tiny.Files[0], twin);
        using var pipeline = tiny.Plain();
        var wrong = Assert.Throws<InvalidDataException>(() => HeadTraining.Run(pipeline, tiny.Options with { Data = [.. tiny.Files, twin], Output = folder.File("bundle") }, new TinyBundle.Lines([]), TestContext.Current.CancellationToken));
        Assert.Contains(twin, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Features_cut_off_by_a_kill_are_dropped_and_read_again()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Plain();
        Detection.Contracts.Message[] messages = [.. Enumerable.Range(0, 5).Select(i => new Detection.Contracts.Message { Id = $"{i}", Text = $"text number {i} of five" })];
        IReadOnlyList<StoredFeatures> whole;
        using (var store = FeatureStore.Open(folder.Path, pipeline)) whole = store.Of(messages, null, TestContext.Current.CancellationToken);
        string file = Directory.GetFiles(folder.Path).Single();
        using (var cut = File.OpenWrite(file)) cut.SetLength(cut.Length - 7);
        using var again = FeatureStore.Open(folder.Path, pipeline);
        Assert.Equal(4, again.Count);
        Assert.Equal(whole.Select(one => one.Dense), again.Of(messages, null, TestContext.Current.CancellationToken).Select(one => one.Dense));
        Assert.Equal(5, again.Count);
    }

    [Theory]
    [InlineData(LearningTask.Synthetic, 0)]
    [InlineData(LearningTask.Spam, 1)]
    [InlineData(LearningTask.Manipulation, 2)]
    public void Evaluation_measures_rows_that_did_not_teach(LearningTask task, int file)
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Open();
        var report = Evaluation.Run(pipeline, Options(task, file, folder.Path) with { TfidfBaseline = true }, new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        var measured = Assert.Single(report.Files);
        Assert.InRange(measured.Rows, 20, 200);
        if (measured.Synthetic is { } synthetic)
        {
            Assert.InRange(synthetic.Columns.Single(column => column.Name == "head").Auroc, 0.95, 1);
            Assert.Contains(synthetic.Slices, slice => slice is { Kind: "generator", Name: "bot" });
            var variants = synthetic.Slices.Where(slice => slice.Kind == "variant").ToArray();
            Assert.Equal(["direct", "polished"], variants.Select(slice => slice.Name));
            Assert.Equal((synthetic.Head!.Carried.Found, synthetic.Machines), (variants.Sum(slice => slice.Decided!.Found), variants.Sum(slice => slice.Machines)));
        }
        if (measured.Mail is { } mail) Assert.InRange(mail.Single(one => one is { Question: "spam", Part: "test" }).AtHalf.F1, 0.9, 1);
        if (measured.Techniques is { } techniques) Assert.InRange(techniques.MicroF1, 0.8, 1);
        Assert.False(File.Exists(folder.File("final-looks.jsonl")));
        Assert.Contains(measured.File, EvaluationText.Of(report), StringComparison.Ordinal);
    }

    [Fact]
    public void Attacks_are_measured_on_one_sample_against_the_same_texts_clean()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Open();
        var said = new List<string>();
        var options = Options(LearningTask.Synthetic, 0, folder.Path) with { Features = folder.File("features"), Rows = 60 };
        var report = AttackEvaluation.Run(pipeline, options, new TinyBundle.Lines(said), TestContext.Current.CancellationToken);
        Assert.Equal(Attack.All.Select(attack => attack.Name), report.Attacks.Select(attack => attack.Attack));
        Assert.Equal(["clean: 60 texts", .. Attack.All.Select(attack => $"{attack.Name}: 60 texts")], said);
        Assert.Equal((1, 30, 30), (report.Files, report.Humans, report.Machines));
        foreach (var attack in report.Attacks.Where(attack => attack.Attack is "homoglyph" or "zero_width_space" or "whitespace" or "insert_paragraphs"))
        {
            int changed = attack.Attack == "insert_paragraphs" ? 0 : 60; // its sentences begin with small letters
            Assert.Equal((changed, changed), (attack.Changed, attack.Undone));
            Assert.All(attack.Columns, column => Assert.Equal((column.Clean, column.Clean, new Interval(0, 0), new Interval(0, 0)), (column.Machines, column.Both, column.MachinesDifference, column.BothDifference)));
            Assert.Equal(report.Clean, attack.Decided);
        }
        var articles = report.Attacks.Single(attack => attack.Attack == "article_deletion");
        Assert.Equal((60, 0), (articles.Changed, articles.Undone));
        Assert.Contains(articles.Columns, column => column.Name != "head" && column.Machines != column.Clean && column.MachinesDifference.Low <= column.Machines - column.Clean && column.Machines - column.Clean <= column.MachinesDifference.High);
        string text = EvaluationText.Of(report);
        Assert.Contains("| homoglyph | 1 | 60 | 60 | ", text, StringComparison.Ordinal);
        Assert.Equal(text, EvaluationText.Of(AttackEvaluation.Run(pipeline, options, new TinyBundle.Lines([]), TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void Attacks_on_a_model_without_heads_give_criteria_alone()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Plain();
        var report = AttackEvaluation.Run(pipeline, Options(LearningTask.Synthetic, 0, folder.Path) with { Features = folder.File("features"), Rows = 20 }, new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        Assert.Null(report.Clean);
        Assert.All(report.Attacks, attack => Assert.Null(attack.Decided));
        Assert.DoesNotContain(report.Attacks[0].Columns, column => column.Name == "head");
        Assert.Contains("| none | – | – | – | – | – |", EvaluationText.Of(report), StringComparison.Ordinal);
    }

    [Fact]
    public void An_observer_adds_its_criteria_to_the_columns_and_moves_no_other()
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModel.Gpt2();
        using var alone = tiny.Open();
        using var observed = tiny.Open(new PipelineOptions { Observer = new ModelSource("second", model.Path, null) });
        var options = Options(LearningTask.Synthetic, 0, folder.Path) with { Features = folder.File("features"), Rows = 40 };
        SyntheticReport Measure(DetectionPipeline pipeline) => Evaluation.Run(pipeline, options, new TinyBundle.Lines([]), TestContext.Current.CancellationToken).Files[0].Synthetic!;
        var without = Measure(alone);
        var first = Measure(observed);
        string[] two = ["Binoculars", "Fast-DetectGPT, two models"];
        Assert.Equal(two, first.Columns.Where(column => column.Auroc is > 0 and < 1).Select(column => column.Name).Intersect(two));
        Assert.Equal(without.Columns, first.Columns.Where(column => !two.Contains(column.Name)));
        Assert.Equal(first.Columns, Measure(observed).Columns); // what is stored is read again
    }

    [Fact]
    public void A_look_at_the_final_half_is_logged()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Open();
        Evaluation.Run(pipeline, Options(LearningTask.Spam, 1, folder.Path) with { Final = true }, new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        Assert.Contains("spam/letters", File.ReadAllText(folder.File("final-looks.jsonl")), StringComparison.Ordinal);
    }

    [Fact]
    public void Samples_that_are_added_teach_the_next_heads()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Plain();
        var samples = Enumerable.Range(0, 40).Select(i => new LabelledRow
        {
            Id = $"s{i}",
            File = "samples/machine",
            Task = LearningTask.Synthetic,
            Text = $"zebra quagga okapi {i}",
            Split = "train",
            Machine = true,
            Message = new Detection.Contracts.Message { Id = $"s{i}", Text = $"zebra quagga okapi {i}", Channel = Detection.Contracts.Channel.Social },
        }).ToArray();
        var report = HeadTraining.Run(pipeline, tiny.Options with { Output = folder.Path, Extra = samples }, new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        Assert.Contains(report.Manifest.Training, source => source is { Source: "samples/machine", Use: "trains", Rows: 40, LicenceClass: "own" });
        Assert.Equal("tiny", Bundle.Open(folder.Path).Manifest.Name);
    }

    [Fact]
    public void Research_heads_learn_from_restricted_sources_and_the_default_ones_do_not()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Plain();
        string memes = folder.File("persuasion-memes.jsonl"), output = folder.File("bundle");
        File.WriteAllLines(memes, Enumerable.Range(0, 300).Select(i => System.Text.Json.JsonSerializer.Serialize(new
        {
            id = $"m{i}",
            text = $"{(i % 2 == 0 ? "horrid vile monstrous" : "plain calm quiet")} words about the number {i}, and {i * 7} more of them",
            labels = i % 2 == 0 ? new[] { "loaded_language" } : [],
            source_labels = Array.Empty<string>(),
            source = "semeval2021-task6",
            channel = "post",
            split = "train",
        })));
        var options = tiny.Options with { Data = [.. tiny.Files, memes], Output = output, Research = true };
        Directory.CreateDirectory(output);
        File.WriteAllText(Path.Combine(output, "BASE.md"), "Random weights.");
        HeadTraining.Run(pipeline, options, new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        string[] Heads(bool research) => [.. Bundle.Open(output, research).Heads.Heads.Heads.Select(head => head.Name)];
        Assert.DoesNotContain("loaded_language", Heads(research: false));
        Assert.Equal(Heads(research: false).Append("loaded_language").Order(StringComparer.Ordinal), Heads(research: true).Order(StringComparer.Ordinal));
        var (first, second) = (Bundle.Open(output), Bundle.Open(output, research: true));
        Assert.Equal((false, true), (Names(first), Names(second)));
        static bool Names(Bundle bundle) => bundle.Decisions.Names("loaded_language", 1, Detection.Contracts.Channel.Forum, 100);
        Assert.DoesNotContain(first.Manifest.Training, source => source.LicenceClass == "restricted");
        Assert.Contains(first.Manifest.Research!.Training, source => source is { Source: "manipulation/persuasion-memes", LicenceClass: "restricted" });
        Assert.Contains("manipulation/persuasion-memes: free for general research use", File.ReadAllText(Path.Combine(output, "heads-research.LICENSE")), StringComparison.Ordinal);
        string card = File.ReadAllText(Path.Combine(output, "README.md"));
        Assert.Contains("| loaded_language |", card, StringComparison.Ordinal);
        Assert.Contains("## The language model\nRandom weights.\n\n## Heads\n", card, StringComparison.Ordinal);
        // Both sets stay where mail alone is learned, and no restricted row with it.
        using (var known = tiny.Open(first, null))
            HeadTraining.Run(known, options with { Data = [tiny.Files[1]], Output = folder.File("kept"), Keep = true }, new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        var kept = Bundle.Open(folder.File("kept"), research: true);
        Assert.Contains("loaded_language", kept.Manifest.Research!.Kept!.Heads);
        Assert.DoesNotContain("loaded_language", kept.Manifest.Kept!.Heads);
        Assert.True(Names(kept));
        Assert.Contains(kept.Training, source => source is { Source: "manipulation/persuasion-memes", LicenceClass: "restricted" });
        // A training without them leaves none behind.
        HeadTraining.Run(pipeline, options with { Research = false }, new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        Assert.Empty(Directory.GetFiles(output, "heads-research.*"));
        Assert.Contains("no research heads", Assert.Throws<BundleException>(() => Bundle.Open(output, research: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_share_of_the_authorship_rows_teaches_again_under_an_attack()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Plain();
        int Taught(double share) => HeadTraining.Run(pipeline, tiny.Options with { Output = folder.Path, AttackedShare = share }, new TinyBundle.Lines([]), TestContext.Current.CancellationToken).Taught;
        int none = Taught(0);
        Assert.Equal(none + 300, Taught(1));
        Assert.InRange(Taught(0.1), none + 15, none + 50);
    }

    [Fact]
    public void A_fifth_of_what_moderators_cleared_counts_towards_the_messages_that_show_a_rate()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Plain();
        var cleared = Enumerable.Range(0, 60).Select(i => new LabelledRow
        {
            Id = $"d{i}",
            File = "decisions/mail",
            Task = LearningTask.Spam,
            Text = $"lunch number {i} with {i * i} guests",
            Split = "train",
            Mail = Detection.Contracts.MailKind.Ham,
            Message = new Detection.Contracts.Message { Id = $"d{i}", Text = $"lunch number {i} with {i * i} guests", Channel = Detection.Contracts.Channel.Chat },
        }).ToArray();
        var report = HeadTraining.Run(pipeline, tiny.Options with { Output = folder.Path, Extra = cleared }, new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        int teach = Rows("trains"), measure = Rows("calibrates");
        Assert.Equal(60, teach + measure);
        Assert.InRange(measure, 5, 20);
        var people = Bundle.Open(folder.Path).Heads.People;
        Assert.Equal((measure, measure, 0), (people["spam"].MessagesOf(Detection.Contracts.Channel.Chat), people["phishing"].MessagesOf(Detection.Contracts.Channel.Chat), people["synthetic"].MessagesOf(Detection.Contracts.Channel.Chat)));

        int Rows(string use) => report.Manifest.Training.Single(source => source.Source == "decisions/mail" && source.Use == use).Rows;
    }

    private EvaluationOptions Options(LearningTask task, int file, string data) =>
        new() { Task = task, Files = [tiny.Files[file]], Features = tiny.Features, DataFolder = data };
}
