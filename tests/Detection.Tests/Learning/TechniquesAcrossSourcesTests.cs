using System.Text.Json;
using Detection.Learning.Evaluating;

namespace Detection.Tests.Learning;

[Collection(TinyBundleTests.Name)]
public sealed class TechniquesAcrossSourcesTests(TinyBundle tiny)
{
    [Fact]
    public void A_technique_is_measured_in_a_source_that_taught_nothing_where_others_show_it_too()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Plain();
        // The first two hurry in the same words; the third in its own. One of them alone asks for a password.
        string[] files = [Write(folder, "one", "hurry expires", "garden grows", "enter password"), Write(folder, "two", "hurry expires", "garden grows", null), Write(folder, "three", "quartz sphinx", "vow judges", null)];
        var results = TechniquesAcrossSources.Run(pipeline, files, 60, folder.File("features"), new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        Assert.Equal([("urgency_scarcity", "one"), ("urgency_scarcity", "three"), ("urgency_scarcity", "two")], results.Select(result => (result.Technique, result.File.Split('/')[^1])));
        Assert.All(results, result => Assert.InRange(result.Positives + result.Negatives, 20, 60));
        var (one, three) = (results[0], results[1]);
        Assert.Equal((1, 1), (one.Elsewhere["words"], one.Elsewhere["TF-IDF"]));
        Assert.InRange(one.Interval.Low, 0.99, 1);
        // Its words are known where it teaches too.
        Assert.InRange(three.Elsewhere["words"], 0.2, 0.8);
        Assert.InRange(three.SameToo["words"], 0.95, 1);
        string table = TechniquesAcrossSources.Table(results);
        Assert.Contains("| urgency_scarcity | three | ", table, StringComparison.Ordinal);
        Assert.Contains("| mean | ", table, StringComparison.Ordinal);
    }

    [Fact]
    public void One_source_alone_gives_no_figure() =>
        Assert.DoesNotContain("mean", TechniquesAcrossSources.Table([]), StringComparison.Ordinal);

    private static string Write(TemporaryFolder folder, string name, string hurry, string calm, string? ask)
    {
        string path = folder.File(name + ".jsonl");
        File.WriteAllLines(path, Enumerable.Range(0, 320).Select(i => JsonSerializer.Serialize(new
        {
            id = $"{name}{i}",
            text = $"{name} {(i % 4 == 0 ? hurry : i % 4 == 1 && ask is not null ? ask : calm)} at number {i * 7919 % 1000} and {i * 104729 % 997}",
            labels = i % 4 == 0 ? ["urgency_scarcity"] : i % 4 == 1 && ask is not null ? new[] { "credential_payment_cta" } : [],
            source_labels = Array.Empty<string>(),
            source = "malloy-phish/own",
            channel = "email",
            split = (i / 4 % 5) switch { < 3 => "train", 3 => "dev", _ => "test" },
        })));
        return path;
    }
}
