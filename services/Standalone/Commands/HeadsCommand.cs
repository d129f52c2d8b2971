using System.CommandLine;
using Detection.Detector;
using Detection.Detectors.Heads;
using Detection.Learning;
using Detection.Learning.Data;
using Detection.Learning.Heads;

namespace Detection.Standalone.Commands;

/// <summary><c>train heads</c>: heads, calibration and thresholds for one model, written as a bundle.</summary>
internal static class HeadsCommand
{
    private const string Techniques = "techniques";

    public static Command Create(Terminal terminal)
    {
        var data = Many("--data", "Labelled files of any task, in the shapes of docs/data.md.");
        var corpus = Many("--corpus", "Corpus files: texts by people as negatives and for calibration.");
        var corpusTeaches = new Option<int>("--corpus-teaches") { DefaultValueFactory = _ => 400, Description = "Most corpus texts of one channel and length that are negatives." };
        var corpusCalibrates = new Option<int>("--corpus-calibrates") { DefaultValueFactory = _ => 1_000, Description = "Most corpus texts of one channel and length that calibrate." };
        var exclude = new Option<string>("--exclude") { Description = "File of SHA-256 of corpus documents to leave out.", HelpName = "FILE" };
        var output = new Option<string>("--output") { Required = true, Description = "The bundle's folder.", HelpName = "FOLDER" };
        var name = new Option<string>("--name") { Required = true, Description = "The bundle's name." };
        var version = new Option<string>("--bundle-version") { Required = true, Description = "The bundle's version." };
        var copy = new Option<bool>("--copy-base") { Description = "Copies the base weights into the bundle; else they are named by hash." };
        var from = new Option<string>("--base-from") { Required = true, Description = "Where the base weights can be had, for people." };
        var licence = new Option<string>("--base-licence") { Required = true, Description = "Licence of the base weights." };
        var licences = new Option<LicenceClass>("--licences") { DefaultValueFactory = _ => LicenceClass.Unstated, Description = "The loosest licence class that teaches." };
        var research = new Option<bool>("--research") { Description = "Also writes heads that learned from all sources, restricted ones too: not for commercial use." };
        var keep = new Option<bool>("--keep") { Description = "Heads of the bundle that --model names stay as they are where the data holds too few answers for one, or --only does not name it." };
        var only = new Option<string[]>("--only") { AllowMultipleArgumentsPerToken = true, Description = $"Heads that are trained: {HeadNames.Synthetic}, {HeadNames.Spam}, {HeadNames.Phishing}, names of techniques, or {Techniques} for all of these. Default: all that the data teaches.", HelpName = "NAME…" };
        var rows = new Option<int>("--rows") { DefaultValueFactory = _ => 1_000, Description = "Most rows of one file that teach." };
        var layers = new Option<int[]>("--layers") { AllowMultipleArgumentsPerToken = true, Description = "Layers whose hidden states the heads read. Default: those of the model's bundle, else a third, two thirds and the end.", HelpName = "N…" };
        var attacked = new Option<double>("--attacked") { DefaultValueFactory = _ => 0.1, Description = "Share of the authorship rows that teach a second time under an attack." };
        var features = new Option<string>("--features") { Description = "Folder of stored features. Default: features in the data folder.", HelpName = "FOLDER" };
        var shared = new ModelOptions();
        var command = new Command("heads", "Trains heads on a model and writes a bundle.") { data, corpus, corpusTeaches, corpusCalibrates, exclude, output, name, version, copy, from, licence, licences, research, keep, only, rows, layers, attacked, features };
        shared.AddTo(command);
        only.Validators.Add(result =>
        {
            foreach (string name in result.Tokens.Select(token => token.Value))
                if (name != Techniques && !HeadNames.All.Contains(name)) result.AddError($"--only: there is no head called {name}");
        });
        command.Validators.Add(result =>
        {
            if (result.GetValue(keep) && result.GetValue(layers) is { Length: > 0 }) result.AddError("--keep takes the layers of the bundle: leave --layers out");
        });
        command.SetAction((parsed, cancellation) =>
        {
            var options = Configuration.Read(shared.Settings(parsed));
            (options.Observer, options.Second) = (null, null); // heads learn from one model
            using var pipeline = Pipelines.Load(options, TimeProvider.System, warning => terminal.Error.WriteLine(warning), layers: parsed.GetValue(layers) is { Length: > 0 } chosen ? chosen : null);
            var report = HeadTraining.Run(pipeline, new HeadTrainingOptions
            {
                Data = parsed.GetValue(data) ?? [],
                Corpus = parsed.GetValue(corpus) ?? [],
                CorpusTeaches = parsed.GetValue(corpusTeaches),
                CorpusCalibrates = parsed.GetValue(corpusCalibrates),
                ExcludedDocuments = parsed.GetValue(exclude) is { } file ? [.. File.ReadLines(file).Select(line => line.Split(' ')[0]).Where(hash => hash.Length == 64)] : [],
                Extra = new NewSamples(options.Data, TimeProvider.System).Read(),
                Output = parsed.GetValue(output)!,
                Name = parsed.GetValue(name)!,
                Version = parsed.GetValue(version)!,
                CopyBase = parsed.GetValue(copy),
                BaseFrom = parsed.GetValue(from)!,
                BaseLicence = parsed.GetValue(licence)!,
                Licences = parsed.GetValue(licences),
                Research = parsed.GetValue(research),
                Keep = parsed.GetValue(keep),
                Only = [.. (parsed.GetValue(only) ?? []).SelectMany(name => name == Techniques ? HeadNames.All.Where(HeadNames.IsTechnique) : [name])],
                RowsPerSource = parsed.GetValue(rows),
                AttackedShare = parsed.GetValue(attacked),
                Features = parsed.GetValue(features) ?? Path.Combine(options.Data, "features"),
            }, new ProgressLines(terminal), cancellation);
            terminal.Out.WriteLine($"{report.Manifest.Name} {report.Manifest.Version}: {report.Heads.Count} heads, {report.Taught} rows taught, {report.Calibrated} calibrated, in {parsed.GetValue(output)}");
            return Task.FromResult(CommandLine.Done);
        });
        return command;
    }

    private static Option<string[]> Many(string name, string description) => new(name) { AllowMultipleArgumentsPerToken = true, Description = description, HelpName = "FILE…" };
}
