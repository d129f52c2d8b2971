using System.CommandLine;
using Detection.Contracts;
using Detection.Detector;
using Detection.Learning.Heads;

namespace Detection.Standalone.Commands;

/// <summary><c>calibrate</c>: an operator's own known messages beside those that a bundle's rates rest on.</summary>
internal static class CalibrateCommand
{
    public static Command Create(Terminal terminal)
    {
        var human = Paths("--human", "Messages by people, whatever scan reads; they must not have taught the heads.");
        var ham = Paths("--ham", "Wanted messages, whoever wrote them.");
        var output = new Option<string>("--output") { Required = true, Description = "The new version's folder.", HelpName = "FOLDER" };
        var version = new Option<string>("--bundle-version") { Required = true, Description = "The new version." };
        var shared = new ModelOptions();
        var command = new Command("calibrate", "Adds messages that are known to be by people, or wanted, to those that a bundle's false-positive rates and thresholds rest on.") { human, ham, output, version };
        shared.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(human) is not { Length: > 0 } && parsed.GetValue(ham) is not { Length: > 0 }) throw new UsageException("Give --human or --ham.");
            var options = Configuration.Read(shared.Settings(parsed));
            (options.Observer, options.Second) = (null, null); // a version is of one model
            var source = ModelFolders.Resolve(options);
            if (source.Bundle is not { } bundle) throw new UsageException($"{source.Path} has no heads: there is nothing to calibrate.");
            var (given, ingest) = (new GivenMessages(terminal, cancellation), DetectorHost.Ingest(options));
            Message[] people = [.. given.Read(parsed.GetValue(human) ?? [], ingest)], wanted = [.. given.Read(parsed.GetValue(ham) ?? [], ingest)];
            using var pipeline = Pipelines.Open(source, options, TimeProvider.System, warning => terminal.Error.WriteLine(warning));
            var report = Recalibration.Run(pipeline, bundle, people, wanted, parsed.GetValue(output)!, parsed.GetValue(version)!, cancellation);
            terminal.Out.WriteLine($"{report.Manifest.Name} {report.Manifest.Version}: {report.Human} messages by people and {report.Ham} wanted ones added, {report.LeftOut} left out, in {parsed.GetValue(output)}");
            return Task.FromResult(given.ExitCode);
        });
        return command;
    }

    private static Option<string[]> Paths(string name, string description) => new(name) { AllowMultipleArgumentsPerToken = true, Description = description, HelpName = "PATH…" };
}
