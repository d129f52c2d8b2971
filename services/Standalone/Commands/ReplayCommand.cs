using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Detection.Contracts;
using Detection.Detector;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;
using Detection.Storage;

namespace Detection.Standalone.Commands;

/// <summary><c>replay</c>: judges stored messages again with the bundle and configuration that their verdicts name, and reports any difference.</summary>
internal static class ReplayCommand
{
    /// <summary>What a second judging may change: when it was done, and what is a snapshot of other messages.</summary>
    private static readonly string[] Outside = ["processedAt", "campaign"];

    public static Command Create(Terminal terminal)
    {
        var ids = new Argument<string[]>("verdict") { Arity = ArgumentArity.OneOrMore, Description = "Verdict ids." };
        var data = new Option<string>("--data") { Description = "Folder of the store.", HelpName = "FOLDER" };
        var command = new Command("replay", "Judges stored messages again and reports any difference.") { ids, data };
        command.SetAction(async (parsed, cancellation) =>
        {
            KeyValuePair<string, string?>[] settings = parsed.GetValue(data) is { } folder ? [new("Detection:Data", folder)] : [];
            var options = Configuration.Read(settings);
            await using var configured = ConfiguredStore.Of(options, TimeProvider.System);
            var store = configured.Verdicts;
            await store.OpenAsync(cancellation);
            var pipelines = new Dictionary<(BundleIdentity, string), DetectionPipeline>();
            try
            {
                bool same = true;
                foreach (string id in parsed.GetValue(ids)!)
                    same &= await ReplayAsync(terminal, store, options, pipelines, id, cancellation);
                return same ? CommandLine.Done : CommandLine.Failed;
            }
            finally { foreach (var pipeline in pipelines.Values) pipeline.Dispose(); }
        });
        return command;
    }

    private static async Task<bool> ReplayAsync(Terminal terminal, IVerdictStore store, DetectionOptions options, Dictionary<(BundleIdentity, string), DetectionPipeline> pipelines, string id, CancellationToken cancellation)
    {
        var stored = await store.FindAsync(id, cancellation) ?? throw new UsageException($"{id}: no such verdict in the store.");
        if (stored.Message.Text is null) throw new UsageException($"{id}: the body was not stored, so it cannot be judged again.");
        var made = (stored.Bundle, stored.Config);
        if (!pipelines.TryGetValue(made, out var pipeline)) pipelines[made] = pipeline = Open(terminal, options, stored);
        var again = pipeline.Judge([stored.Message], cancellation)[0];
        if (again.Config != stored.Config)
            await terminal.Error.WriteLineAsync($"{id}: judged with another configuration here (type, kernels or device), so the last digits may differ.");
        var differences = Differences(Node(stored), Node(again), "").ToArray();
        await terminal.Out.WriteLineAsync(differences.Length == 0 ? $"{id}: the same" : $"{id}: differs");
        foreach (string difference in differences) await terminal.Out.WriteLineAsync($"  {difference}");
        return differences.Length == 0;
    }

    /// <summary>The configured models with the verdict's bundle in its place among them; where its <c>config</c> is that of the bundle alone, without a second model.</summary>
    private static DetectionPipeline Open(Terminal terminal, DetectionOptions options, JudgedMessage stored)
    {
        string named = ModelFolders.Of(options, stored.Bundle) ?? stored.Bundle.Name;
        bool bySecond = ModelFolders.Second(options)?.Name == stored.Bundle.Name;
        var configured = bySecond ? Load(terminal, options, options.Model, named) : Load(terminal, options, named, options.Second);
        if (configured.Second is not null && configured.Config != stored.Config)
        {
            var alone = Load(terminal, options, named, null);
            bool isIt = alone.Config == stored.Config;
            (isIt ? configured : alone).Dispose();
            if (isIt) (configured, bySecond) = (alone, false);
        }
        var here = (bySecond ? configured.Second! : configured).Identity;
        if (here == stored.Bundle) return configured;
        configured.Dispose();
        throw new UsageException($"The verdict was made with {stored.Bundle.Name} {stored.Bundle.Version} ({stored.Bundle.Sha256[..12]}); here is {here.Version} ({here.Sha256[..12]}).");
    }

    private static DetectionPipeline Load(Terminal terminal, DetectionOptions options, string model, string? second)
    {
        var (configuredModel, configuredSecond) = (options.Model, options.Second);
        (options.Model, options.Second) = (model, second);
        try { return Pipelines.Load(options, TimeProvider.System, warning => terminal.Error.WriteLine(warning)); }
        finally { (options.Model, options.Second) = (configuredModel, configuredSecond); }
    }

    private static JsonNode? Node(Verdict verdict) => JsonSerializer.SerializeToNode<Verdict>(verdict, ContractJson.Options);

    private static IEnumerable<string> Differences(JsonNode? one, JsonNode? other, string path)
    {
        if (one is JsonObject fields && other is JsonObject others)
            return fields.Select(field => field.Key).Union(others.Select(field => field.Key)).Where(name => path.Length > 0 || !Outside.Contains(name))
                .SelectMany(name => Differences(fields[name], others[name], path.Length == 0 ? name : $"{path}.{name}"));
        return JsonNode.DeepEquals(one, other) ? [] : [$"{path}: {one?.ToJsonString() ?? "nothing"} → {other?.ToJsonString() ?? "nothing"}"];
    }
}
