using System.Text.Json;
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
    public void A_threshold_is_the_kth_highest_of_the_texts_highest_passages_where_they_suffice()
    {
        // With 95 % confidence, 1 % of 1,000 texts is kept by the 5th highest, of 299 by the highest; 298 show nothing.
        (int, float)[] highest = [.. Enumerable.Range(0, 1_000).Select(i => (2 + i % 6, i * 1f)), .. Enumerable.Range(0, 299).Select(i => (8 + i, 2_000 + i * 1f))];
        var both = PassageThresholds.Choose([.. highest.Reverse()], 0.01, 0.95)!;
        Assert.Equal(new PassageDecision(0.01, 0.95, 995, 1_000) { Long = new LongTextDecision(8, 2_298, 299) }, both);
        Assert.Equal((995, 995, 2_298, 2_298), (both.AboveFor(2), both.AboveFor(7), both.AboveFor(8), both.AboveFor(60)));
        // Too few long texts: one threshold for all lengths.
        Assert.Equal(new PassageDecision(0.01, 0.95, 2_291, 1_298), PassageThresholds.Choose(highest[..1_298], 0.01, 0.95));
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
        var chosen = report.Manifest.Decisions.Passage!;
        Assert.InRange(chosen.Texts + (chosen.Long?.Texts ?? 0), 320, 420);

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
