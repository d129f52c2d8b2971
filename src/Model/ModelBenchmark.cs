using System.Diagnostics;
using Detection.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>
/// How fast a model is scored on this machine, beside what the machine can do and what the plain path does, all in one run: the three
/// are measured in turn and the medians kept, so that the ratios hold on a busy machine too.
/// </summary>
public sealed record ModelBenchmark
{
    private const int Side = 1_536;

    public required string Kernels { get; init; }

    public required int Threads { get; init; }

    /// <summary>Messages scored in each round.</summary>
    public required int Messages { get; init; }

    /// <summary>Tokens of all of them.</summary>
    public required long Tokens { get; init; }

    /// <summary>Tokens scored a second, with all statistics.</summary>
    public required double TokensPerSecond { get; init; }

    public double MessagesPerSecond => TokensPerSecond * Messages / Tokens;

    /// <summary>Tokens a second of <see cref="PlainLanguageModel"/>: float32, the default library, padded batches, all logits.</summary>
    public required double PlainTokensPerSecond { get; init; }

    public double SpeedUp => TokensPerSecond / PlainTokensPerSecond;

    /// <summary>Tokens a second with a second model that reads along (<see cref="PairScorer"/>); null without one.</summary>
    public double? PairTokensPerSecond { get; init; }

    /// <summary>Floating-point operations of the matrix products of one token (attention scores left out).</summary>
    public required double OperationsPerToken { get; init; }

    /// <summary>Operations a second of a large matrix product of the same type and threads, by the better of the two libraries.</summary>
    public required double PeakOperationsPerSecond { get; init; }

    /// <summary>The share of <see cref="PeakOperationsPerSecond"/> that scoring reaches.</summary>
    public double PeakShare => TokensPerSecond * OperationsPerToken / PeakOperationsPerSecond;

    /// <summary>Median time to score one message of 20 tokens alone.</summary>
    public required TimeSpan LoneMessage { get; init; }

    /// <summary>Rows that such a message is padded to.</summary>
    public required int LoneMessageRows { get; init; }

    /// <summary>Time to load the model, weights read and shapes proved.</summary>
    public required TimeSpan Loading { get; init; }

    /// <summary>The largest resident memory of the process before observer and plain path were loaded, in bytes.</summary>
    public required long PeakMemory { get; init; }

    /// <param name="sequences">Messages to score, at least one of two tokens; what is longer than the model's context is cut.</param>
    /// <param name="rounds">How often each of the three is measured.</param>
    /// <param name="observer">A second model of the same vocabulary, or null.</param>
    /// <param name="progress">Told what is measured next.</param>
    public static ModelBenchmark Measure(Checkpoint checkpoint, TokenScorerOptions options, IReadOnlyList<ReadOnlyMemory<int>> sequences, int rounds = 3,
        Checkpoint? observer = null, IProgress<string>? progress = null, CancellationToken cancel = default)
    {
        progress?.Report("loading");
        long start = Stopwatch.GetTimestamp();
        using TokenScorer scorer = TokenScorer.Load(checkpoint, options);
        TimeSpan loading = Stopwatch.GetElapsedTime(start);
        sequences = [.. sequences.Select(ids => ids[..Math.Min(ids.Length, scorer.MaxTokens)])];
        ReadOnlyMemory<int> lone = Enumerable.Repeat(1, Math.Min(20, scorer.MaxTokens)).ToArray();
        progress?.Report("warming up");
        scorer.Score([lone], PoolingPlan.None, cancel);
        scorer.Score(sequences, PoolingPlan.None, cancel); // the first pass compiles kernels
        using Process process = Process.GetCurrentProcess();
        long peakMemory = process.PeakWorkingSet64;
        using TokenScorer? second = observer is null ? null : TokenScorer.Load(observer, options);
        PairScorer? pair = second is null ? null : new PairScorer(second, scorer);
        ReadOnlyMemory<int>[] shared = [.. sequences.Select(ids => ids[..Math.Min(ids.Length, pair?.MaxTokens ?? 0)])];
        pair?.Score(shared, PoolingPlan.None, cancel);
        using PlainLanguageModel plain = new(checkpoint);
        int[][] sample = [.. sequences.Where(ids => ids.Length > 1).OrderBy(ids => ids.Length).Skip(sequences.Count / 2).Take(2).Select(ids => ids.ToArray())];
        List<TimeSpan> scoring = [], alone = [], plainly = [], paired = [];
        List<double> peaks = [];
        for (int round = 0; round < rounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Report($"round {round + 1} of {rounds}");
            scoring.Add(Time(() => scorer.Score(sequences, PoolingPlan.None, cancel)));
            if (pair is not null) paired.Add(Time(() => pair.Score(shared, PoolingPlan.None, cancel)));
            for (int i = 0; i < 5; i++) alone.Add(Time(() => scorer.Score([lone], PoolingPlan.None, cancel)));
            peaks.Add(OnThreads(scorer.Lanes.Count, () => Peak(scorer.Model.Type, scorer.Model.Device)));
            plainly.Add(OnThreads(scorer.Lanes.Count, () => OneDnn.Without(() => Time(() => plain.Score(sample)))));
        }
        long tokens = sequences.Sum(ids => (long)ids.Length);
        return new ModelBenchmark
        {
            Kernels = scorer.Kernels,
            Threads = scorer.Lanes.Count,
            Messages = sequences.Count,
            Tokens = tokens,
            TokensPerSecond = tokens / Median(scoring).TotalSeconds,
            PlainTokensPerSecond = sample.Sum(ids => ids.Length) / Median(plainly).TotalSeconds,
            PairTokensPerSecond = pair is null ? null : shared.Sum(ids => (long)ids.Length) / Median(paired).TotalSeconds,
            OperationsPerToken = Operations(scorer.Model.Shape),
            PeakOperationsPerSecond = peaks.Order().ElementAt(rounds / 2),
            LoneMessage = Median(alone),
            LoneMessageRows = scorer.Ladder.RowsFor(lone.Length),
            Loading = loading,
            PeakMemory = peakMemory,
        };
    }

    private static double Operations(Architecture shape)
    {
        double attention = (double)shape.Width * (2 * shape.Heads + 2 * shape.KeyValueHeads) * shape.HeadSize;
        double feedForward = (double)shape.Width * shape.Inner * (shape.Gated ? 3 : 2);
        return 2 * (shape.Layers * (attention + feedForward) + (double)shape.Width * shape.Vocabulary);
    }

    /// <summary>The better library's rate of a product of two square matrices, over 0.3 s each as for the scorer: not the best moment.</summary>
    private static double Peak(ScalarType type, Device device) => Math.Max(Rate(type, device), OneDnn.Without(() => Rate(type, device)));

    private static double Rate(ScalarType type, Device device)
    {
        using IDisposable inference = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        Tensor x = full([Side, Side], 0.5).to(type, device), w = full([Side, Side], 0.25).to(type, device);
        Multiply();
        long start = Stopwatch.GetTimestamp(), products = 0;
        for (; Stopwatch.GetElapsedTime(start).TotalMilliseconds < 300; products++) Multiply();
        return 2.0 * Side * Side * Side * products / Stopwatch.GetElapsedTime(start).TotalSeconds;

        void Multiply()
        {
            nn.functional.linear(x, w).Dispose();
            if (device.type == DeviceType.CUDA) cuda.synchronize();
        }
    }

    private static TimeSpan Time(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start);
    }

    private static TimeSpan Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);

    /// <summary>On a thread of its own, whose libtorch threads are then not the caller's.</summary>
    private static T OnThreads<T>(int threads, Func<T> measure)
    {
        Task<T> task = Task.Factory.StartNew(() =>
        {
            torch.set_num_threads(threads);
            return measure();
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return task.GetAwaiter().GetResult();
    }
}
