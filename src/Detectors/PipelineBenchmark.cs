using System.Diagnostics;
using Detection.Contracts;
using Detection.Model;

namespace Detection.Detectors;

/// <summary>
/// What a verdict costs beside the bare forward pass over the same tokens, and where that goes. Pass and judging are timed in turn, the order changing from round to round, so that their ratio
/// holds on a busy machine too; medians over the rounds.
/// </summary>
public sealed record PipelineBenchmark
{
    public required int Messages { get; init; }

    /// <summary>Messages judged a second, from extracted message to verdict.</summary>
    public required double MessagesPerSecond { get; init; }

    /// <summary>Time of judging over that of the pass alone: every statistic of a token, nothing pooled, no text read or written.</summary>
    public required double OverPass { get; init; }

    /// <summary>Where the rest goes, each as a share of the pass.</summary>
    public required IReadOnlyList<BenchmarkStage> Stages { get; init; }

    /// <summary>Null without a second model.</summary>
    public CascadeBenchmark? Cascade { get; init; }

    /// <param name="messages">Extracted; at least one with two tokens.</param>
    /// <param name="cascade">The same model with a second one, or null.</param>
    /// <param name="progress">Told what is measured next.</param>
    public static PipelineBenchmark Measure(DetectionPipeline pipeline, IReadOnlyList<Message> messages, int rounds = 3, DetectionPipeline? cascade = null, IProgress<string>? progress = null, CancellationToken cancel = default)
    {
        List<double> passes = [], judging = [], first = [], second = [];
        var stages = new Dictionary<string, List<double>>(StringComparer.Ordinal);
        ReadOnlyMemory<int>[] ids = [.. pipeline.Prepare(messages, cancel).Select(one => (ReadOnlyMemory<int>)one.Ids)];
        var judged = (cascade ?? pipeline).Judge(messages, cancel); // the first pass compiles kernels
        var larger = cascade?.Second!.Judge(messages, cancel);
        pipeline.Judge(messages, cancel);
        for (int round = 0; round < rounds; round++)
        {
            progress?.Report($"judging, round {round + 1} of {rounds}");
            InTurn(round,
                () => passes.Add(Time(() => pipeline.Scorer.Score(ids, PoolingPlan.None, cancel))),
                () => judging.Add(Time(() => pipeline.Judge(messages, cancel))));
            Follow(round);
            if (cascade is not null) InTurn(round, () => first.Add(Time(() => cascade.Judge(messages, cancel))), () => second.Add(Time(() => cascade.Second!.Judge(messages, cancel))));
        }
        return new PipelineBenchmark
        {
            Messages = messages.Count,
            MessagesPerSecond = messages.Count / Median(judging),
            OverPass = Median([.. judging.Zip(passes, (whole, pass) => whole / pass)]),
            Stages = [.. stages.Select(stage => new BenchmarkStage(stage.Key, Median([.. stage.Value.Zip(passes, (time, pass) => time / pass)])))],
            Cascade = larger is null ? null : new CascadeBenchmark(cascade!.Second!.Source.Name, messages.Count / Median(second), messages.Count / Median(first),
                judged.Count(one => one.Bundle == cascade.Second.Identity) / (double)messages.Count,
                judged.Where(one => one.Bundle == cascade.Second.Identity).Sum(one => (long)one.Tokens) / (double)larger.Sum(one => (long)one.Tokens)),
        };

        // The stages of judging one after the other, as DetectionPipeline.Judge goes through them.
        void Follow(int round)
        {
            IReadOnlyList<TokenScores> scores = [];
            DetectionPipeline.Prepared[] prepared = [];
            Reading[] readings = [];
            Judgement[] judgements = [];
            var plan = pipeline.JudgingPlan;
            Add("tokenising", Time(() => prepared = pipeline.Prepare(messages, cancel)));
            double bare = 0, pooled = 0;
            InTurn(round, () => bare = Time(() => pipeline.Scorer.Score(ids, PoolingPlan.None, cancel)), () => pooled = Time(() => scores = pipeline.Scorer.Score(ids, plan, cancel)));
            Add("pooling", pooled - bare);
            Add("features", Time(() => readings = pipeline.Read(prepared, plan, scores, cancel)));
            Add("heads", Time(() => judgements = pipeline.Decide(readings, cancel)));
            Add("evidence", Time(() => pipeline.Conclude(readings, judgements, cancel)));
        }

        void Add(string stage, double seconds)
        {
            if (!stages.TryGetValue(stage, out var times)) stages[stage] = times = [];
            times.Add(seconds);
        }
    }

    private static void InTurn(int round, Action one, Action other)
    {
        (round % 2 == 0 ? one : other)();
        (round % 2 == 0 ? other : one)();
    }

    private static double Time(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(IReadOnlyList<double> values) => values.Order().ElementAt(values.Count / 2);
}

/// <summary>A part of judging beside the bare pass, as a share of it; noise may make a small one negative.</summary>
public sealed record BenchmarkStage(string Name, double OfPass);

/// <summary>A cascade beside its second model alone.</summary>
/// <param name="Second">Its name.</param>
/// <param name="HandedOn">Share of the messages that went to it.</param>
/// <param name="HandedOnTokens">Of the tokens that it would read of all.</param>
public sealed record CascadeBenchmark(string Second, double SecondMessagesPerSecond, double MessagesPerSecond, double HandedOn, double HandedOnTokens);
