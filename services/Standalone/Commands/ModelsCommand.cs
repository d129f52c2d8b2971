using System.CommandLine;
using System.Text.Json;
using Detection.Checkpoints;
using Detection.Detector;
using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;
using Spectre.Console;

namespace Detection.Standalone.Commands;

/// <summary><c>models list|info|import|verify</c>: the bundles and base weights at hand.</summary>
internal static class ModelsCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create(Terminal terminal) => new("models", "Lists, describes, imports and verifies models.")
    {
        List(terminal),
        Info(terminal),
        Import(terminal),
        Verify(terminal),
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
        var command = new Command("info", "Prints bundle.json, or the config of a plain model.") { name };
        command.SetAction((parsed, _) =>
        {
            var source = Resolve(parsed.GetValue(name)!);
            using var checkpoint = Checkpoint.Open(source.Path);
            terminal.Out.WriteLine(source.Bundle?.Manifest.ToJson() ?? JsonSerializer.Serialize(checkpoint.Config, Indented));
            terminal.Error.WriteLine($"{checkpoint.Family}, {checkpoint.Tensors.Count} tensors, {checkpoint.Tensors.Values.Sum(tensor => tensor.Count):N0} parameters, {source.Path}");
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
