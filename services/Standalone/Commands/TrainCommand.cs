using System.CommandLine;
using System.Globalization;
using Detection.Checkpoints;
using Detection.Learning;
using Detection.Learning.Pretraining;

namespace Detection.Standalone.Commands;

/// <summary><c>train cut</c>, <c>train lm</c>, <c>train curves</c> and <c>train heads</c>.</summary>
internal static class TrainCommand
{
    public static Command Create(Terminal terminal) => new("train", "Trains the bundled language model, or heads on any model.")
    {
        Cut(terminal),
        LanguageModel(terminal),
        Curves(terminal),
        HeadsCommand.Create(terminal),
    };

    private static Command Cut(Terminal terminal)
    {
        var from = new Option<string>("--from") { Required = true, Description = "The larger model: a Hugging Face folder or a GGUF file, Llama-shaped, byte-level BPE." };
        var layers = new Option<int[]>("--layers") { Required = true, AllowMultipleArgumentsPerToken = true, Description = "Blocks that stay, from 0, in order." };
        var vocabulary = new Option<int>("--vocabulary") { Required = true, Description = "The first ids that stay." };
        var output = new Option<string>("--output") { Required = true, Description = "The folder that is written." };
        var command = new Command("cut", "Cuts a smaller model out of a larger one: some of its blocks, the first part of its vocabulary. `train lm --from` heals it.") { from, layers, vocabulary, output };
        command.SetAction(parsed =>
        {
            using var source = Checkpoint.Open(parsed.GetValue(from)!);
            var shape = ModelCut.Write(source, parsed.GetValue(layers)!, parsed.GetValue(vocabulary), parsed.GetValue(output)!);
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{parsed.GetValue(output)}: {shape.Layers} blocks, {shape.Vocabulary:N0} tokens, {shape.Parameters:N0} parameters."));
            return CommandLine.Done;
        });
        return command;
    }

    private static Command LanguageModel(Terminal terminal)
    {
        var corpus = new Option<string[]>("--corpus") { Required = true, AllowMultipleArgumentsPerToken = true, Description = "JSON lines of {\"text\",\"source\",\"domain\"}." };
        var valid = new Option<string>("--valid") { Description = "Held-out documents for the validation loss." };
        var folder = new Option<string>("--folder") { Required = true, Description = "Where the run lies; a run that is found there goes on." };
        var from = new Option<string>("--from") { Description = "A model to go on with, as `train cut` writes it." };
        var frozen = new Option<int>("--frozen") { Description = "Blocks from the bottom that stay as they are, and the embeddings with them." };
        var teacher = new Option<string>("--teacher") { Description = "A model whose predictions are learned, in place of the tokens that came: as a rule the one that --from was cut from." };
        var rate = new Option<double>("--rate") { DefaultValueFactory = _ => 2e-3, Description = "Peak learning rate." };
        var steps = new Option<long>("--steps") { DefaultValueFactory = _ => 20_000, Description = "Steps in all, the decay included." };
        var decay = new Option<long>("--decay") { Description = "Steps at the end over which the learning rate falls to zero." };
        var threads = new Option<int>("--threads") { Description = "CPU threads; 0: one for each core." };
        var licences = new Option<LicenceClass>("--licences") { DefaultValueFactory = _ => LicenceClass.Unstated, Description = "The loosest licence class that may be read." };
        var export = new Option<string>("--export") { Description = "Writes the model when the steps are done: a Hugging Face folder, or one file where the name ends in .gguf." };
        var command = new Command("lm", "Trains a byte-level BPE and a small Llama-shaped model, or goes on with one; stopped or killed, it goes on from its last checkpoint.") { corpus, valid, folder, from, frozen, teacher, rate, steps, decay, threads, licences, export };
        command.SetAction((parsed, cancellation) =>
        {
            var options = new LanguageModelTrainingOptions
            {
                Corpus = parsed.GetValue(corpus)!,
                Validation = parsed.GetValue(valid),
                Folder = parsed.GetValue(folder)!,
                From = parsed.GetValue(from),
                Frozen = parsed.GetValue(frozen),
                Teacher = parsed.GetValue(teacher),
                Rate = parsed.GetValue(rate),
                Steps = parsed.GetValue(steps),
                DecaySteps = parsed.GetValue(decay),
                Threads = parsed.GetValue(threads),
                Licences = parsed.GetValue(licences),
            };
            using var training = new LanguageModelTraining(options, TimeProvider.System);
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{training.Shape.Parameters:N0} parameters, {training.CorpusTokens:N0} tokens, from step {training.Step}"));
            training.Run(new Lines(terminal), cancellation);
            string picture = Path.Combine(options.Folder, "loss.png");
            LossCurve.Draw(LossCurve.Read(training.Log), picture, "Loss over tokens read");
            terminal.Error.WriteLine($"Loss curve: {picture}");
            if (parsed.GetValue(export) is { } target && !cancellation.IsCancellationRequested)
            {
                if (target.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)) training.ExportGguf(target, Path.GetFileNameWithoutExtension(target), "Apache-2.0");
                else training.Export(target);
            }
            cancellation.ThrowIfCancellationRequested();
            return Task.FromResult(CommandLine.Done);
        });
        return command;
    }

    private static Command Curves(Terminal terminal)
    {
        var runs = new Argument<string[]>("runs") { Arity = ArgumentArity.OneOrMore, Description = "Folders of `train lm`; a run is called as its folder." };
        var output = new Option<string>("--output") { Required = true, Description = "The picture (PNG)." };
        var title = new Option<string>("--title") { DefaultValueFactory = _ => "Loss over text read", Description = "What stands over it." };
        var command = new Command("curves", "Draws the training losses of several runs in one picture, in bits a byte: to choose size, vocabulary and schedule by short runs.") { runs, output, title };
        command.SetAction(parsed =>
        {
            LossCurve.Compare(parsed.GetValue(runs)!, parsed.GetValue(output)!, parsed.GetValue(title)!);
            terminal.Error.WriteLine($"Loss curves: {parsed.GetValue(output)}");
            return CommandLine.Done;
        });
        return command;
    }

    private sealed class Lines(Terminal terminal) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            var left = TimeSpan.FromSeconds((value.Steps - value.Step) * (value.Tokens / (double)value.Step) / Math.Max(1, value.TokensPerSecond));
            string held = value.ValidationLoss is { } loss ? string.Create(CultureInfo.InvariantCulture, $", held out {loss:F4}") : "";
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"step {value.Step}/{value.Steps}, loss {value.Loss:F4}{held}, {value.TokensPerSecond:F0} tokens/s, about {(left.TotalHours >= 1 ? $"{left.TotalHours:F1} h" : $"{left.TotalMinutes:F0} min")} left"));
        }
    }
}
