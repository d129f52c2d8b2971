using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Detection.Checkpoints;
using Detection.Contracts;
using Detection.Detector;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Ingest;
using Detection.Model;
using Detection.ServiceDefaults;
using Detection.Standalone.Streaming;
using Detection.Text;
using Spectre.Console;

namespace Detection.Standalone.Commands;

/// <summary><c>bench</c>: how fast a model scores and judges real messages on this machine, beside what the machine can do and what the plain path does.</summary>
internal static class BenchCommand
{
    /// <summary>Read of a message where no bundle says how much, as the pipeline does.</summary>
    private const int TokensOfMessage = 1_024;

    public static Command Create(Terminal terminal)
    {
        var paths = new Argument<string[]>("path") { Arity = ArgumentArity.ZeroOrMore, Description = "Messages to score, as for scan. Default: the samples that came with the program." };
        var tokens = Number("--tokens", 4_096, 2, 10_000_000, "About how many tokens are scored in each round: every n-th message.");
        var rounds = Number("--rounds", 3, 1, 1_000, "How often each figure is measured; the median counts.");
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var shared = new ModelOptions(observer: true, second: true);
        var command = new Command("bench", "Measures speed, latency and memory of a model on this machine.") { paths, tokens, rounds, json };
        shared.AddTo(command);
        var whole = new StreamBenchCommand();
        whole.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            if (whole.IsAskedFor(parsed)) return whole.RunAsync(parsed, shared.Settings(parsed), parsed.GetValue(json), terminal, cancellation);
            var options = Configuration.Read(shared.Settings(parsed));
            var source = ModelFolders.Resolve(options);
            string device = Machine.DeviceFor(options.Device), dtype = ConfiguredDtype.Resolve(options, source);
            int times = parsed.GetValue(rounds);
            using var checkpoint = Checkpoint.Open(source.Path);
            using var observer = Observer(options, checkpoint);
            bool handsOn = ModelFolders.Second(options) is not null;
            var texts = Texts(parsed.GetValue(paths)!, terminal, source, checkpoint, parsed.GetValue(tokens), cancellation);
            var progress = new ProgressLines(terminal);
            var figures = ModelBenchmark.Measure(checkpoint, new TokenScorerOptions { Dtype = dtype, Device = device, Threads = options.Threads }, [.. texts.Select(text => text.Ids)], times, observer, progress, cancellation);
            options.Observer = null; // reads along for a criterion, not for a verdict's cost
            using var cascade = handsOn ? Pipelines.Load(options, TimeProvider.System, terminal.Error.WriteLine) : null;
            options.Second = null;
            using var pipeline = Pipelines.Load(options, TimeProvider.System, terminal.Error.WriteLine);
            var judging = PipelineBenchmark.Measure(pipeline, [.. texts.Select(text => text.Message)], times, cascade, progress, cancellation);
            var report = new BenchReport(source.Name, dtype, device, Machine.Instructions, times, figures, judging);
            if (parsed.GetValue(json)) terminal.Out.WriteLine(JsonSerializer.Serialize(report.Fields(), JsonSerializerOptions.Web));
            else terminal.Screen.Write(report.Table());
            return Task.FromResult(CommandLine.Done);
        });
        return command;
    }

    /// <summary>Messages, and the judged text of each as the model reads it, thinned evenly to about as many tokens as asked for.</summary>
    private static (Message Message, ReadOnlyMemory<int> Ids)[] Texts(string[] paths, Terminal terminal, ModelSource source, Checkpoint checkpoint, int tokens, CancellationToken cancellation)
    {
        if (paths.Length == 0) paths = [Path.Combine(AppContext.BaseDirectory, "samples", "stream.jsonl")];
        var tokenizer = TokenizerOf(checkpoint);
        int most = source.Bundle?.Manifest.Features.MaxTokens ?? TokensOfMessage;
        var all = new List<(Message Message, ReadOnlyMemory<int> Ids)>();
        foreach (var message in new GivenMessages(terminal, cancellation).Read(paths, new IngestOptions()))
            if (tokenizer.Encode(DetectionPipeline.TextOf(message)).Ids is { Length: > 1 } ids) all.Add((message, ids.AsMemory(0, Math.Min(ids.Length, most))));
        if (all.Count == 0) throw new UsageException($"{string.Join(", ", paths)}: no message with text to score.");
        long every = Math.Max(1, all.Sum(text => (long)text.Ids.Length) / tokens);
        return [.. all.Where((_, i) => i % every == 0)];
    }

    private static Checkpoint? Observer(DetectionOptions options, Checkpoint performer)
    {
        if (ModelFolders.Observer(options) is not { } source) return null;
        var observer = Checkpoint.Open(source.Path);
        try { ObserverModel.CheckVocabulary(source, observer, TokenizerOf(performer)); }
        catch
        {
            observer.Dispose();
            throw;
        }
        return observer;
    }

    private static Tokenizer TokenizerOf(Checkpoint checkpoint) => new(checkpoint.Tokenizer ?? throw new NotSupportedException("The model has no byte-level BPE tokenizer."), checkpoint.Config);

    private static Option<int> Number(string name, int usual, int least, int most, string description)
    {
        var option = new Option<int>(name) { DefaultValueFactory = _ => usual, Description = description, HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < least || result.GetValueOrDefault<int>() > most) result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name}: {least} to {most}."));
        });
        return option;
    }
}

/// <summary>The figures of <c>bench</c> under fixed names, and as a table for people.</summary>
internal sealed record BenchReport(string Model, string Dtype, string Device, string Instructions, int Rounds, ModelBenchmark Figures, PipelineBenchmark Judging)
{
    public object Fields() => new
    {
        model = Model,
        dtype = Dtype,
        device = Device,
        threads = Figures.Threads,
        instructions = Instructions,
        kernels = Figures.Kernels,
        rounds = Rounds,
        messages = Figures.Messages,
        tokens = Figures.Tokens,
        tokensPerSecond = Figures.TokensPerSecond,
        messagesPerSecond = Figures.MessagesPerSecond,
        plainTokensPerSecond = Figures.PlainTokensPerSecond,
        speedUp = Figures.SpeedUp,
        pairTokensPerSecond = Figures.PairTokensPerSecond,
        operationsPerToken = Figures.OperationsPerToken,
        peakOperationsPerSecond = Figures.PeakOperationsPerSecond,
        peakShare = Figures.PeakShare,
        loneMessageMilliseconds = Figures.LoneMessage.TotalMilliseconds,
        loneMessageRows = Figures.LoneMessageRows,
        loadingMilliseconds = Figures.Loading.TotalMilliseconds,
        peakMemoryBytes = Figures.PeakMemory,
        judgedMessagesPerSecond = Judging.MessagesPerSecond,
        judgingOverPass = Judging.OverPass,
        judgingStages = Judging.Stages.ToDictionary(stage => stage.Name, stage => stage.OfPass),
        cascade = Judging.Cascade,
    };

    public Table Table()
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumns("", "").HideHeaders();
        foreach (var (name, value) in Rows()) table.AddRow(Markup.Escape(name), Markup.Escape(value));
        return table;
    }

    private IEnumerable<(string Name, string Value)> Rows()
    {
        yield return ("model", $"{Model}, {Dtype}");
        yield return ("machine", Text($"{Device}, {Instructions}, {Figures.Threads} threads"));
        yield return ("texts", Text($"{Figures.Messages} messages, {Figures.Tokens:N0} tokens, median of {Rounds} rounds"));
        yield return ("tokens a second", Text($"{Figures.TokensPerSecond:N0}"));
        yield return ("messages a second", Text($"{Figures.MessagesPerSecond:N1}"));
        yield return ("plain path", Text($"{Figures.PlainTokensPerSecond:N0} tokens a second: {Figures.SpeedUp:N1} times slower"));
        if (Figures.PairTokensPerSecond is { } pair) yield return ("with the observer", Text($"{pair:N0} tokens a second"));
        yield return ("judging", Text($"{Judging.MessagesPerSecond:N1} messages a second: {Judging.OverPass - 1:P1} on top of the pass"));
        yield return ("on top", string.Join(", ", Judging.Stages.Select(stage => Text($"{stage.Name} {stage.OfPass:P1}"))));
        if (Judging.Cascade is { } cascade)
        {
            yield return ("second model", Text($"{cascade.Second}: {cascade.SecondMessagesPerSecond:N1} messages a second"));
            yield return ("cascade", Text($"{cascade.MessagesPerSecond:N1} messages a second: {cascade.HandedOn:P0} of the messages handed on, {cascade.HandedOnTokens:P0} of the tokens"));
        }
        yield return ("share of the peak", Text($"{Figures.PeakShare:P0} of {Figures.PeakOperationsPerSecond / 1e9:N0} GFLOP/s, with {Figures.OperationsPerToken / 1e6:N1} MFLOP a token"));
        yield return ("one short message", Text($"{Figures.LoneMessage.TotalMilliseconds:N1} ms for 20 tokens"));
        yield return ("loading", Text($"{Figures.Loading.TotalSeconds:N1} s"));
        yield return ("largest memory", Text($"{Figures.PeakMemory / 1048576.0:N0} MiB"));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
