using System.Text.Json;
using Detection.Learning;
using Detection.Learning.Pretraining;

namespace Detection.Tests.Learning.Pretraining;

/// <summary>A corpus of a few thousand words in a folder of its own, and a model of some ten thousand parameters that learns it in a second.</summary>
internal sealed class TinyCorpus : IDisposable
{
    private static readonly string[] Words = ["the", "cat", "sat", "on", "a", "mat", "and", "ate", "12", "fish", "while", "it", "rained", "in", "Bremen"];
    private readonly TemporaryFolder _folder = new();

    public TinyCorpus()
    {
        var random = new Random(7);
        var documents = Enumerable.Range(0, 120).Select(_ => string.Join(' ', Enumerable.Range(0, random.Next(20, 80)).Select(_ => Words[random.Next(Words.Length)])) + ".\n\nBye");
        File.WriteAllLines(Corpus, documents.Select((text, i) => Line(text, i % 2 == 0 ? "reddit-top-2013" : "everything-list", i % 2 == 0 ? "social" : "email")));
        File.WriteAllLines(Held, Enumerable.Range(0, 4).Select(i => Line($"{i} {string.Concat(Enumerable.Repeat("the cat sat on a mat and it rained. ", 12))}", "reddit-top-2013", i < 2 ? "social" : "email")));
    }

    public string Corpus => _folder.File("corpus.jsonl");
    public string Held => _folder.File("valid.jsonl");

    public string Folder(string name) => _folder.File(name);

    public void Add(string text, string source) => File.AppendAllLines(Corpus, [Line(text, source, "news")]);

    public LanguageModelTrainingOptions Options(string run) => new()
    {
        Corpus = [Corpus],
        Validation = Held,
        Folder = Folder(run),
        Shape = new LlamaShape { Vocabulary = 300, Width = 32, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForward = 48, Context = 160 },
        TokensPerStep = 320,
        WarmUpSteps = 4,
        LogEvery = 1,
        Threads = 1,
        Bfloat16 = false,
    };

    /// <summary>Trains to <paramref name="steps"/> and returns what was reported, by step.</summary>
    public List<TrainingProgress> Train(string run, long steps, long decay = 0, string? exportTo = null)
    {
        var reports = new Reports();
        using var training = new LanguageModelTraining(Options(run) with { Steps = steps, DecaySteps = decay }, TimeProvider.System);
        training.Run(reports, TestContext.Current.CancellationToken);
        if (exportTo is not null) training.Export(Folder(exportTo));
        return reports.Lines;
    }

    /// <summary>Texts of the corpus that the model may read, as it reads them.</summary>
    public IEnumerable<string> Read() => CorpusReader.Pretraining([Corpus], LicenceClass.Unstated).Select(CorpusReader.AsRead);

    public void Dispose() => _folder.Dispose();

    private static string Line(string text, string source, string domain) => JsonSerializer.Serialize(new CorpusDocument(text, source, domain), JsonSerializerOptions.Web);

    private sealed class Reports : IProgress<TrainingProgress>
    {
        public List<TrainingProgress> Lines { get; } = [];

        public void Report(TrainingProgress value) => Lines.Add(value);
    }
}
