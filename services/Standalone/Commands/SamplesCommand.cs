using System.CommandLine;
using Detection.Ingest;
using Detection.Learning.Data;

namespace Detection.Standalone.Commands;

/// <summary><c>samples add</c>: the door for new bot samples and new campaigns.</summary>
internal static class SamplesCommand
{
    public static Command Create(Terminal terminal)
    {
        var paths = new Argument<string[]>("file") { Arity = ArgumentArity.OneOrMore, Description = "Whatever scan reads." };
        var label = new Option<SampleLabel>("--label") { Required = true, Description = "What all of them are." };
        var generator = new Option<string>("--generator") { Description = "The program that wrote them, where it is known.", HelpName = "NAME" };
        var add = new Command("add", "Stores labelled messages for the next training of the heads.") { paths, label, generator };
        add.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(generator) is not null && parsed.GetValue(label) != SampleLabel.Machine) throw new UsageException("--generator goes with --label machine.");
            var samples = new NewSamples(Configuration.Read([]).Data, TimeProvider.System);
            var given = new GivenMessages(terminal, cancellation);
            int added = 0;
            foreach (string path in parsed.GetValue(paths)!) added += samples.Add(given.Read([path], new IngestOptions()), parsed.GetValue(label), path, parsed.GetValue(generator));
            terminal.Error.WriteLine($"{added} new samples.");
            return Task.FromResult(given.ExitCode);
        });
        return new Command("samples", "New labelled samples.") { add };
    }
}
