using BenchmarkDotNet.Attributes;
using Detection.Contracts;
using Detection.Detectors.Criteria;
using Detection.Ingest;
using Detection.Text;

namespace Detection.Benchmarks;

/// <summary>What runs once a message beside the model, in the order of the pipeline, on one newsletter.</summary>
[MemoryDiagnoser]
public class MessagePathBenchmark
{
    private readonly IngestOptions _ingest = new();
    private readonly Tokenizer _tokenizer = Mail.Tokenizer();
    private readonly string _judged = JudgedText.From(Mail.Text).Text;
    private PredictedTokens _predicted = PredictedTokens.None;

    /// <summary>As many predictions as the newsletter has, with plausible values.</summary>
    [GlobalSetup]
    public void Predict()
    {
        Random random = new(1);
        int count = _tokenizer.Encode(_judged).Count - 1;
        float[] Values(double scale) => [.. Enumerable.Range(0, count).Select(_ => (float)(scale * random.NextDouble()))];
        _predicted = new PredictedTokens(Values(-8), [.. Enumerable.Range(0, count).Select(_ => random.Next(2_000))], Values(6), Values(9));
    }

    [Benchmark]
    public Message Extract() => MessageExtraction.Extract(Mail.Sent, _ingest);

    [Benchmark]
    public JudgedText Normalise() => JudgedText.From(Mail.Text);

    [Benchmark]
    public Tokens Tokenise() => _tokenizer.Encode(_judged);

    [Benchmark]
    public IReadOnlyDictionary<string, double?> Criteria() => ZeroShot.Measure(_predicted);
}
