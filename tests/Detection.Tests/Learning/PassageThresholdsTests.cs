using System.Text.Json;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Learning.Data;
using Detection.Learning.Evaluating;
using Detection.Learning.Heads;

namespace Detection.Tests.Learning;

[Collection(TinyBundleTests.Name)]
public sealed class PassageThresholdsTests(TinyBundle tiny)
{
    [Fact]
    public void A_threshold_is_the_kth_highest_of_the_texts_highest_passages_by_channel_where_they_suffice()
    {
        // With 95 % confidence, 1 % of 1,000 texts is kept by the 5th highest, of 299 by the highest.
        (Channel, float)[] highest = [.. Enumerable.Range(0, 701).Select(i => (Channel.Email, (float)i)), .. Enumerable.Range(0, 299).Select(i => (Channel.Forum, i - 5_000f)), .. Enumerable.Range(0, 1).Select(_ => (Channel.Chat, 9_000f))];
        var decision = PassageThresholds.Choose(highest, 0.01, 0.95)!;
        Assert.Equal(["all", "email", "forum"], decision.Above.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((-4_702, 697), (decision.Above["forum"], decision.Above["all"]));
        Assert.Equal(decision.Above["all"], decision.For(Channel.Chat));
        Assert.Null(PassageThresholds.Choose(highest[..298], 0.01, 0.95));
    }

    [Fact]
    public void A_training_chooses_them_and_with_them_paragraphs_are_found_in_texts_of_people()
    {
        using var folder = new TemporaryFolder();
        string people = folder.File("people.jsonl"), mixed = folder.File("mixed.jsonl");
        File.WriteAllLines(people, Enumerable.Range(0, 380).Select(i => Row($"p{i}", "human", i < 320 ? "dev" : "test", Text(i, i < 320 ? 5 : 24, ["rain", "wind", "sun", "snow", "fog"], ["fell", "came", "went", "stayed"]))));
        File.WriteAllLines(mixed, Enumerable.Range(0, 60).Select(i => Row($"m{i}", "machine", "test", Text(i, 30, ["delve", "tapestry", "realm", "testament"], ["underscores", "fosters", "leverages"]))));
        using var plain = DetectionPipeline.Open(new ModelSource("tiny", tiny.Bundle.BasePath, null), new PipelineOptions { MaxTokens = 900 });
        var report = HeadTraining.Run(plain, tiny.Options with { Data = [tiny.Files[0], people], Output = folder.File("bundle"), Features = folder.File("features") }, new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        Assert.Equal(["all", "email"], report.Manifest.Decisions.Passage!.Above.Keys.Order(StringComparer.Ordinal));

        var bundle = Bundle.Open(folder.File("bundle"));
        using var pipeline = DetectionPipeline.Open(new ModelSource("tiny", bundle.BasePath, bundle), new PipelineOptions());
        var options = new EvaluationOptions { Task = LearningTask.Synthetic, Files = [people, mixed], Features = folder.File("features"), DataFolder = folder.Path, Rows = 80 };
        var found = PassageEvaluation.Run(pipeline, options, new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        Assert.InRange(found.All.Texts, 20, 40);
        Assert.InRange(found.All.Marked, found.All.Texts / 2, found.All.Texts);
        Assert.InRange(found.All.FalselyMarked, 0, found.All.Marked / 2);
        Assert.InRange(found.All.Overlap, 0.4, 1);
        Assert.Contains($"| people | {found.All.Texts} | ", EvaluationText.Of(found), StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => PassageEvaluation.Run(plain, options, new TinyBundle.Lines([]), TestContext.Current.CancellationToken));
    }

    private static string Row(string id, string label, string split, string text) => JsonSerializer.Serialize(new { id, text, label, domain = "email", split });

    private static string Text(int seed, int sentences, string[] things, string[] verbs)
    {
        var random = new Random(seed);
        return string.Join(' ', Enumerable.Range(0, sentences).Select(_ => $"The {things[random.Next(things.Length)]} {verbs[random.Next(verbs.Length)]} at number {random.Next(1000)}."));
    }
}
