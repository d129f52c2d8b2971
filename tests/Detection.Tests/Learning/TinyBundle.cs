using System.Text.Json;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Learning.Heads;
using Microsoft.Extensions.Time.Testing;

namespace Detection.Tests.Learning;

/// <summary>Tests that share one <see cref="TinyBundle"/>.</summary>
[CollectionDefinition(Name)]
public sealed class TinyBundleTests : ICollectionFixture<TinyBundle>
{
    public const string Name = "tiny bundle";
}

/// <summary>Heads trained on a tiny random model and a few hundred made-up texts, once for a class of tests.</summary>
public sealed class TinyBundle : IDisposable
{
    private readonly TinyModel _model = TinyModel.Llama();
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);

    public TinyBundle()
    {
        Files = [Write("notes", Notes()), Write("letters", Letters()), Write("tricks", Tricks())];
        using var pipeline = DetectionPipeline.Open(new ModelSource("tiny", _model.Path, null), new PipelineOptions { MaxTokens = 400 });
        Report = HeadTraining.Run(pipeline, Options, new Lines(Said), TestContext.Current.CancellationToken);
        Bundle = Bundle.Open(_folder.File("bundle"));
    }

    public static IReadOnlyList<string> Techniques { get; } = ["urgency_scarcity", "reward_lure", "credential_payment_cta"];

    public IReadOnlyList<string> Files { get; }
    internal Bundle Bundle { get; }
    internal HeadTrainingReport Report { get; }
    internal List<string> Said { get; } = [];
    internal string Features => _folder.File("features");

    internal HeadTrainingOptions Options => new()
    {
        Data = Files,
        Features = Features,
        Output = _folder.File("bundle"),
        Name = "tiny",
        Version = "1",
        CopyBase = true,
        BaseFrom = "made here",
        BaseLicence = "Apache-2.0",
    };

    internal DetectionPipeline Open(PipelineOptions? options = null) => Open(Bundle, options);

    /// <summary>Other decisions over the same heads.</summary>
    internal DetectionPipeline Open(Bundle bundle, PipelineOptions? options) =>
        DetectionPipeline.Open(new ModelSource("tiny", bundle.BasePath, bundle), (options ?? new PipelineOptions()) with { Time = _time });

    internal DetectionPipeline Plain() => DetectionPipeline.Open(new ModelSource("tiny", _model.Path, null), new PipelineOptions { MaxTokens = 400 });

    public void Dispose()
    {
        _folder.Dispose();
        _model.Dispose();
    }

    /// <summary>People write of weather, machines of numbers; two sources, so that one can be left out.</summary>
    private static IEnumerable<object> Notes() => Enumerable.Range(0, 500).Select(i => (object)new
    {
        id = $"n{i}",
        text = i % 2 == 0 ? Sentence(i, ["rain", "wind", "sun", "snow", "fog"], ["fell", "came", "went", "stayed"]) : Sentence(i, ["delve", "tapestry", "realm", "testament"], ["underscores", "fosters", "leverages"]),
        label = i % 2 == 0 ? "human" : "machine",
        generator = i % 2 == 0 ? null : "bot",
        variant = i % 4 == 1 ? "polished" : "direct",
        domain = "email",
        split = Split(i),
    });

    private static IEnumerable<object> Letters() => Enumerable.Range(0, 600).Select(i => (object)new
    {
        id = $"l{i}",
        text = i % 3 == 0 ? Sentence(i, ["pills", "casino", "discount"], ["buy", "win", "order"]) : i % 3 == 1 ? Sentence(i, ["password", "account", "bank"], ["verify", "confirm", "unlock"]) : Sentence(i, ["meeting", "report", "lunch"], ["moved", "starts", "ends"]),
        labels = new[] { new[] { "spam", "phishing", "ham" }[i % 3] },
        source = "own",
        channel = "email",
        split = Split(i / 3),
    });

    private static IEnumerable<object> Tricks() => Enumerable.Range(0, 520).Select(i => (object)new
    {
        id = $"t{i}",
        text = i % 4 == 0 ? Sentence(i, ["hours", "today", "deadline"], ["hurry", "expires"]) : i % 4 == 1 ? Sentence(i, ["prize", "refund"], ["claim", "win"]) : i % 4 == 2 ? Sentence(i, ["password", "login"], ["enter", "send"]) : Sentence(i, ["garden", "book"], ["grows", "reads"]),
        labels = i % 4 == 3 ? [] : new[] { Techniques[i % 4] },
        source_labels = Array.Empty<string>(),
        source = "malloy-phish/own",
        channel = "email",
        split = Split(i / 4),
    });

    private static string Split(int i) => (i % 5) switch { 0 or 1 or 2 => "train", 3 => "dev", _ => "test" };

    private static string Sentence(int seed, string[] things, string[] verbs)
    {
        var random = new Random(seed);
        return string.Join(' ', Enumerable.Range(0, 6).Select(_ => $"the {things[random.Next(things.Length)]} {verbs[random.Next(verbs.Length)]} at number {random.Next(1000)}."));
    }

    private string Write(string name, IEnumerable<object> rows)
    {
        string path = _folder.File(name + ".jsonl");
        File.WriteAllLines(path, rows.Select(row => JsonSerializer.Serialize(row)));
        return path;
    }

    internal sealed class Lines(List<string> said) : IProgress<string>
    {
        public void Report(string value) => said.Add(value);
    }
}
