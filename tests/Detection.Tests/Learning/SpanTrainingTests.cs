using System.Text.Json;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Learning.Data;
using Detection.Learning.Evaluating;
using Detection.Learning.Heads;

namespace Detection.Tests.Learning;

[Collection(TinyBundleTests.Name)]
public sealed class SpanTrainingTests(TinyBundle tiny)
{
    private static readonly string[] Ordinary = ["the report came on time", "the meeting starts at noon", "the garden grows in spring", "lunch moved to the hall"], Loaded = ["vile", "disgusting", "shameful"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Marked_words_teach_a_head_that_points_at_them_alone()
    {
        using var folder = new TemporaryFolder();
        string marked = folder.File("marked.jsonl");
        File.WriteAllLines(marked, Enumerable.Range(0, 400).Select(Row));
        using var plain = tiny.Plain();
        var said = new List<string>();
        HeadTraining.Run(plain, tiny.Options with { Data = [marked], Output = folder.File("bundle"), Features = folder.File("features") }, new TinyBundle.Lines(said), Cancellation);
        var bundle = Bundle.Open(folder.File("bundle"));
        var head = Assert.Single(bundle.Heads.Spans!.Heads);
        Assert.Equal("loaded_language", head.Technique);
        Assert.Contains(said, line => line.StartsWith("loaded_language: ", StringComparison.Ordinal) && line.Contains("tokens in marked places", StringComparison.Ordinal));

        using var pipeline = DetectionPipeline.Open(new ModelSource("tiny", bundle.BasePath, bundle), new PipelineOptions());
        string text = "\U0001F600 the report came on time, and shameful the garden grows in spring 17";
        var evidence = Assert.Single(pipeline.Judge([new Message { Id = "m", Text = text, Channel = Channel.Forum }], Cancellation)[0].Evidence, one => one.Signal == "loaded_language");
        Assert.Equal("shameful", Assert.Single(evidence.Spans.Select(span => text[span.Start..span.End])));

        var options = new EvaluationOptions { Task = LearningTask.Manipulation, Files = [marked], Features = folder.File("features"), DataFolder = folder.Path, TfidfBaseline = true };
        var report = Evaluation.Run(pipeline, options, new TinyBundle.Lines([]), Cancellation);
        var spans = Assert.Single(report.Files).Spans!;
        Assert.Equal(["loaded_language"], spans.Lines.Select(line => line.Technique));
        double F1(string method) => spans.All.Figures.Single(figure => figure.Method == method).Given.F1;
        Assert.InRange(F1("evidence"), 0.7, 1); // the states of a random model
        Assert.InRange(F1("words"), 0.95, 1);
        Assert.InRange(F1("whole texts"), 0.1, 0.6);
        Assert.InRange(F1("sentences"), 0.1, 0.6);
        Assert.InRange(spans.All.Figures[0].Named.F1, 0.7, 1);
        Assert.Contains("| all | evidence | ", EvaluationText.Of(report), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_without_marks_teach_none_and_report_none()
    {
        Assert.Null(tiny.Bundle.Heads.Spans);
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Open();
        var options = new EvaluationOptions { Task = LearningTask.Manipulation, Files = [tiny.Files[2]], Features = folder.Path, DataFolder = folder.Path };
        Assert.Null(Assert.Single(Evaluation.Run(pipeline, options, new TinyBundle.Lines([]), Cancellation).Files).Spans);
    }

    /// <summary>Every second text has one loaded word, marked.</summary>
    private static string Row(int i)
    {
        var random = new Random(i);
        string before = $"\U0001F600 {Ordinary[random.Next(4)]}, and ", word = i % 2 == 0 ? Loaded[random.Next(3)] : "some", text = $"{before}{word} {Ordinary[random.Next(4)]} {random.Next(1000)}";
        // The emoji is one code point and two UTF-16 units.
        object[] spans = i % 2 == 0 ? [new { start = before.Length - 1, end = before.Length - 1 + word.Length, technique = "loaded_language" }] : [];
        return JsonSerializer.Serialize(new { id = $"s{i}", text, labels = i % 2 == 0 ? ["loaded_language"] : Array.Empty<string>(), source_labels = Array.Empty<string>(), source = "semeval2021-task6", channel = "post", split = i % 5 < 3 ? "train" : i % 5 == 3 ? "dev" : "test", spans });
    }
}
