using Detection.Detectors.Bundles;
using Detection.Learning.Data;
using Detection.Learning.Heads;

namespace Detection.Tests.Learning;

[Collection(TinyBundleTests.Name)]
public sealed class KeptHeadsTests(TinyBundle tiny)
{
    /// <summary>Cause: whoever had only mail of their own to teach got a version without heads for authorship and techniques.</summary>
    [Fact]
    public void Heads_that_the_data_does_not_teach_stay_with_their_rates_thresholds_and_sources()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Open();
        var options = tiny.Options with { Data = [tiny.Files[1]], Output = folder.File("bundle"), Version = "2", Keep = true };
        var report = HeadTraining.Run(pipeline, options, new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        Assert.Equal(["spam", "phishing"], report.Heads.Keys);
        var (older, newer) = (tiny.Bundle, Bundle.Open(folder.File("bundle")));
        string[] kept = ["synthetic", .. TinyBundle.Techniques];
        Assert.Equal(("1", older.Sha256), (newer.Manifest.Kept!.Version, newer.Manifest.Kept.Sha256));
        Assert.Equal(kept, newer.Manifest.Kept.Heads);
        Assert.Equal(older.Heads.Heads.Heads.Select(head => head.Name), newer.Heads.Heads.Heads.Select(head => head.Name));

        using var next = tiny.Open(newer, null);
        var messages = tiny.Files.SelectMany(file => LabelledFile.Read(file).Take(40)).Select(row => Detection.Ingest.MessageExtraction.Extract(row.Message, new Detection.Ingest.IngestOptions())).ToArray();
        var before = pipeline.Judge(messages, TestContext.Current.CancellationToken).ToArray();
        var after = next.Judge(messages, TestContext.Current.CancellationToken).ToArray();
        Assert.Equal(before.Select(one => (one.Scores.Synthetic, one.FalsePositiveRate.GetValueOrDefault("synthetic"), one.Authorship)), after.Select(one => (one.Scores.Synthetic, one.FalsePositiveRate.GetValueOrDefault("synthetic"), one.Authorship)));
        Assert.Equal(before.Select(one => string.Join(',', one.Decided.Techniques)), after.Select(one => string.Join(',', one.Decided.Techniques)));
        Assert.Equal(before.SelectMany(one => TinyBundle.Techniques.Select(technique => one.Manipulation[technique])), after.SelectMany(one => TinyBundle.Techniques.Select(technique => one.Manipulation[technique])));
        Assert.Equal(older.Decisions.Passage, newer.Decisions.Passage);
        Assert.Contains(newer.Manifest.Training, source => source is { Source: "spam/letters", Use: "trains" });
        Assert.Subset(newer.Manifest.Training.ToHashSet(), older.Manifest.Training.ToHashSet());
        Assert.Contains($"As in version 1 (`bundle.json` sha256 `{older.Sha256}`)", File.ReadAllText(Path.Combine(newer.Folder, "README.md")), StringComparison.Ordinal);
        Assert.Contains(": synthetic, urgency_scarcity", File.ReadAllText(Path.Combine(newer.Folder, "README.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_heads_that_are_named_are_trained()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Open();
        HeadTrainingReport Run(bool keep) =>
            HeadTraining.Run(pipeline, tiny.Options with { Output = folder.File("bundle"), Only = ["spam", "urgency_scarcity"], Keep = keep }, new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        Assert.Equal(["spam", "urgency_scarcity"], Run(keep: false).Heads.Keys);
        Assert.Equal(["spam", "urgency_scarcity"], Bundle.Open(folder.File("bundle")).Heads.Heads.Heads.Select(head => head.Name));
        Assert.Equal(["spam", "urgency_scarcity"], Run(keep: true).Heads.Keys);
        Assert.Equal(["synthetic", "spam", "phishing", .. TinyBundle.Techniques], Bundle.Open(folder.File("bundle")).Heads.Heads.Heads.Select(head => head.Name));
    }

    [Fact]
    public void A_plain_model_has_no_heads_that_could_stay()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Plain();
        var wrong = Assert.Throws<InvalidDataException>(() => HeadTraining.Run(pipeline, tiny.Options with { Output = folder.Path, Keep = true }, new TinyBundle.Lines([]), TestContext.Current.CancellationToken));
        Assert.Equal("tiny has no heads that could stay.", wrong.Message);
    }
}
