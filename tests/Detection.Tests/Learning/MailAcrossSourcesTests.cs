using System.Text.Json;
using Detection.Detectors.Heads;
using Detection.Learning.Evaluating;
using Detection.Learning.Heads;

namespace Detection.Tests.Learning;

[Collection(TinyBundleTests.Name)]
public sealed class MailAcrossSourcesTests(TinyBundle tiny)
{
    [Fact]
    public void A_source_is_measured_by_heads_that_never_saw_it_and_by_heads_that_did()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Plain();
        string[] files = [Write(folder, "one", "Verify your account", "The rain fell"), Write(folder, "two", "Confirm your password", "The wind came"), Write(folder, "three", "Quartz sphinx", "Vow judges")];
        var results = MailAcrossSources.Run(pipeline, files, 20, folder.File("features"), new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        Assert.Equal(["spam/one", "spam/two", "spam/three"], Of(results, "other sources").Select(result => result.File));
        Assert.Equal(["spam/one", "spam/two", "spam/three"], Of(results, "same source too").Select(result => result.File));
        Assert.All(results, result => Assert.InRange(result.Ham + result.Unwanted, 2, 20));
        // What is asked for carries from the first file to the second; the third asks for nothing, and only its own words tell.
        Assert.Equal(1, Column(results, "other sources", "spam/two", "structure").Auroc);
        Assert.Equal(0.5, Column(results, "other sources", "spam/three", "structure").Auroc);
        Assert.Equal(1, Column(results, "same source too", "spam/three", "words").Auroc);
        Assert.Equal(1, Column(results, "same source too", "spam/three", "TF-IDF").Auroc);
        Assert.Contains("| two | ", MailAcrossSources.Table(results), StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_beyond_the_sample_teach_by_their_words()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Plain();
        string file = Write(folder, "many", "Verify your account", "The rain fell");
        HeadTrainingReport Train(int unread) => HeadTraining.Run(pipeline, tiny.Options with { Data = [file], RowsPerSource = 60, UnreadRowsPerSource = unread, Features = folder.File("features"), Output = folder.File($"b{unread}") },
            new TinyBundle.Lines([]), TestContext.Current.CancellationToken);
        int taught = Train(0).Manifest.Training.Single(source => source.Use == "trains").Rows;
        Assert.Equal(taught + 25, Train(25).Manifest.Training.Single(source => source.Use == "trains").Rows);
        var head = HeadFile.Read(Path.Combine(folder.File("b25"), "heads.safetensors")).Heads.Heads.Single(one => one.Name == HeadNames.Spam);
        Assert.Equal((2 * CharacterGrams.Buckets, StructuralFeatures.Count), (head.Grams.Length, head.Structure.Length));
        Assert.True(head.Structure[StructuralFeatures.Names.ToList().IndexOf("asks-credentials")] > 0.1f, "the ask is a sign");
        Assert.All(head.Structure, weight => Assert.True(weight >= 0, "no sign speaks for a message"));
    }

    private static IEnumerable<MailAcross> Of(IReadOnlyList<MailAcross> results, string taught) => results.Where(result => result.Taught == taught);

    private static MailColumn Column(IReadOnlyList<MailAcross> results, string taught, string file, string column) =>
        Of(results, taught).Single(result => result.File == file).Columns.Single(one => one.Name == column);

    private static string Write(TemporaryFolder folder, string name, string unwanted, string ham)
    {
        string path = folder.File(name + ".jsonl");
        File.WriteAllLines(path, Enumerable.Range(0, 240).Select(i => JsonSerializer.Serialize(new
        {
            id = $"{name}{i}",
            text = $"{(i % 2 == 0 ? unwanted : ham)} {Word(i)} {Word(i * 7 + 3)} number {Word(i + 1000)}.",
            labels = new[] { i % 2 == 0 ? "spam" : "ham" },
            channel = "sms",
            split = (i / 2 % 6) switch { < 4 => "train", 4 => "valid", _ => "test" },
        })));
        return path;
    }

    /// <summary>Letters that differ from row to row, so that no row is a copy of another.</summary>
    private static string Word(int seed) => string.Concat(Enumerable.Range(0, 5).Select(place => (char)('a' + seed * 31 / (int)Math.Pow(3, place) % 26)));
}
