using System.CommandLine;
using System.Text.Json;
using Detection.Checkpoints;
using Detection.Detector;
using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;
using Detection.Trainer;
using Spectre.Console;

namespace Detection.Standalone.Commands;

/// <summary><c>models list|info|import|verify|versions|promote</c>: the bundles and base weights at hand, and which version a name means.</summary>
internal static class ModelsCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create(Terminal terminal) => new("models", "Lists, describes, imports, verifies and promotes models.")
    {
        List(terminal),
        Info(terminal),
        Import(terminal),
        Verify(terminal),
        Versions(terminal),
        Promote(terminal),
    };

    private static Command List(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "One JSON line a bundle." };
        var command = new Command("list", "Lists the bundles that can be named.") { json };
        command.SetAction((parsed, _) =>
        {
            var found = Bundles(Configuration.Read([])).Select(folder => Describe(folder)).ToArray();
            if (parsed.GetValue(json)) foreach (var one in found) terminal.Out.WriteLine(JsonSerializer.Serialize(one, JsonSerializerOptions.Web));
            else
            {
                var table = new Table().Border(TableBorder.Minimal).AddColumns("name", "version", "base weights", "heads for", "folder");
                foreach (var one in found) table.AddRow([.. new[] { one.Name, one.Version, one.Base, one.HeadsFor, one.Folder }.Select(Markup.Escape)]);
                terminal.Screen.Write(table);
            }
            return Task.FromResult(CommandLine.Done);
        });
        return command;
    }

    private static Command Info(Terminal terminal)
    {
        var name = NameArgument();
        var command = new Command("info", "Prints bundle.json, or the config of a plain model; on stderr, where its calibration is too small for the budgets.") { name };
        command.SetAction((parsed, _) =>
        {
            var options = Configuration.Read([new("Detection:Model", parsed.GetValue(name)!)]);
            var source = ModelFolders.Resolve(options);
            using var checkpoint = Checkpoint.Open(source.Path);
            terminal.Out.WriteLine(source.Bundle?.Manifest.ToJson() ?? JsonSerializer.Serialize(checkpoint.Config, Indented));
            terminal.Error.WriteLine($"{checkpoint.Family}, {checkpoint.Tensors.Count} tensors, {checkpoint.Tensors.Values.Sum(tensor => tensor.Count):N0} parameters, {source.Path}");
            foreach (string limit in ConfiguredRule.Of(options).Limits(source)) terminal.Error.WriteLine(limit);
            return Task.FromResult(CommandLine.Done);
        });
        return command;
    }

    private static Command Import(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "A .gguf file; bundles that refer to it find it by its hash." };
        var command = new Command("import", "Copies base weights into the data folder.") { file };
        command.SetAction((parsed, _) =>
        {
            string path = parsed.GetValue(file)!;
            if (!File.Exists(path)) throw new UsageException($"{path}: no such file.");
            Checkpoint.Open(path).Dispose();
            var (copy, sha256) = ModelSource.Import(path, Configuration.Read([]).Data);
            terminal.Out.WriteLine($"{sha256}  {copy}");
            return Task.FromResult(CommandLine.Done);
        });
        return command;
    }

    private static Command Verify(Terminal terminal)
    {
        var name = NameArgument();
        var command = new Command("verify", "Checks that every file of a bundle is there and has the hash that bundle.json names.") { name };
        command.SetAction((parsed, cancellation) =>
        {
            var source = Resolve(parsed.GetValue(name)!);
            using var checkpoint = Checkpoint.Open(source.Path);
            foreach (var file in checkpoint.Files) terminal.Out.WriteLine($"{file.Sha256(cancellation)}  {file.Path}");
            terminal.Error.WriteLine(source.Bundle is { } bundle ? $"{bundle.Manifest.Name} {bundle.Manifest.Version}: every file has the hash that it should have." : "A plain model: there are no hashes to compare with.");
            return Task.FromResult(CommandLine.Done);
        });
        return command;
    }

    private static Command Versions(Terminal terminal)
    {
        var name = new Argument<string?>("model") { Description = "Name of a bundle. Default: the configured one.", Arity = ArgumentArity.ZeroOrOne };
        var json = new Option<bool>("--json") { Description = "One JSON object, with the figures of every version beside those of the one that was in use." };
        var command = new Command("versions", "Lists the versions of a bundle that were trained here, the newest first, and says which the name means.") { name, json };
        command.SetAction((parsed, _) =>
        {
            var list = new TrainedVersions(Configuration.Read(parsed.GetValue(name) is { } given ? [new("Detection:Model", given)] : [])).List();
            if (parsed.GetValue(json)) terminal.Out.WriteLine(list.ToJsonString());
            else
            {
                var table = new Table().Border(TableBorder.Minimal).AddColumns("version", "trained", "decisions and samples", "in use");
                foreach (var one in list["versions"]!.AsArray()) Row((string)one!["version"]!, (string?)one["at"], $"{(long?)one["learnedFrom"]}");
                if ((string?)list["original"] is { } original) Row(original, "came with the program", "");
                terminal.Screen.Write(table);

                void Row(string version, string? trained, string learned) => table.AddRow([.. new[] { version, trained ?? "", learned, version == (string?)list["champion"] ? "yes" : "" }.Select(Markup.Escape)]);
            }
            return Task.FromResult(CommandLine.Done);
        });
        return command;
    }

    private static Command Promote(Terminal terminal)
    {
        var name = new Argument<string>("model") { Description = "Name of a bundle." };
        var version = new Argument<string>("version") { Description = "As 'models versions' lists it; the one that came with the program is the way back." };
        var by = new Option<string>("--by") { Description = "Who says so; kept with the alias.", DefaultValueFactory = _ => "local" };
        var command = new Command("promote", "Checks a version's files and makes the bundle's name mean it; running workers take it between two batches.") { name, version, by };
        command.SetAction(async (parsed, cancellation) =>
        {
            string wanted = parsed.GetValue(version)!;
            var options = Configuration.Read([new("Detection:Model", parsed.GetValue(name)!)]);
            await using var store = ConfiguredStore.Of(options, TimeProvider.System);
            await store.Verdicts.OpenAsync(cancellation);
            var champion = await new TrainedVersions(options).PromoteAsync(wanted, store.Aliases, parsed.GetValue(by)!, TimeProvider.System, cancellation)
                ?? throw new UsageException($"'{wanted}' is no version of {options.Model}: 'detection models versions {options.Model}' lists them.");
            await terminal.Out.WriteLineAsync($"{champion.Name} means version {champion.Version} from now on.");
            return CommandLine.Done;
        });
        return command;
    }

    private static Argument<string> NameArgument() => new("model") { Description = "Name of a bundle, a folder, or a .gguf file." };

    private static ModelSource Resolve(string name) => ModelFolders.Resolve(Configuration.Read([new("Detection:Model", name)]));

    /// <summary>Imported, trained here, and what came with the program.</summary>
    private static IEnumerable<string> Bundles(DetectionOptions options)
    {
        string imported = Path.Combine(options.Data, "models"), versions = Path.Combine(imported, "versions");
        string[] trained = Directory.Exists(versions) ? [.. Directory.EnumerateDirectories(versions).Order(StringComparer.Ordinal)] : [];
        return new[] { imported }.Concat(trained).Append(options.Bundles ?? ModelSource.Shipped).Where(Directory.Exists)
            .SelectMany(parent => Directory.EnumerateDirectories(parent).Order(StringComparer.Ordinal))
            .Where(folder => !Path.GetFileName(folder).StartsWith('.') && Bundle.IsBundle(folder));
    }

    private static BundleLine Describe(string folder)
    {
        var (manifest, _) = Bundle.ReadManifest(Path.Combine(folder, BundleManifest.FileName));
        return new BundleLine(manifest.Name, manifest.Version, manifest.Base.Inside ? "inside" : string.Join(", ", manifest.Base.Files.Select(file => file.Name)), string.Join(", ", manifest.Dtypes), folder);
    }

    private sealed record BundleLine(string Name, string Version, string Base, string HeadsFor, string Folder);
}
