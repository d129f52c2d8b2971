using System.CommandLine;
using System.Text.Json;
using Detection.Contracts;
using Detection.ServiceDefaults;
using Detection.Storage.Elasticsearch;

namespace Detection.Standalone.Commands;

/// <summary><c>indices create|check|migrate</c>: the templates and indices that the store needs on Elasticsearch or OpenSearch.</summary>
internal static class IndicesCommand
{
    public static Command Create(Terminal terminal) => new("indices", "Makes, checks and moves what the store needs on Elasticsearch or OpenSearch.")
    {
        Make(terminal),
        Check(terminal),
        Migrate(terminal),
    };

    private static Command Make(Terminal terminal)
    {
        var json = Json();
        var command = new Command("create", "Writes the templates as configured and makes the indices that are missing: this month's and the next's.") { json };
        command.SetAction((parsed, cancellation) => With(async indices =>
        {
            await PrintAsync(terminal, parsed.GetValue(json), "made", await indices.CreateAsync(cancellation));
            return CommandLine.Done;
        }));
        return command;
    }

    private static Command Check(Terminal terminal)
    {
        var json = Json();
        var command = new Command("check", "Says what differs from what this version and its configuration want; exit code 1 where something does.") { json };
        command.SetAction((parsed, cancellation) => With(async indices =>
        {
            var differences = await indices.CheckAsync(cancellation);
            await PrintAsync(terminal, parsed.GetValue(json), "differences", differences);
            return differences.Count == 0 ? CommandLine.Done : CommandLine.Failed;
        }));
        return command;
    }

    private static Command Migrate(Terminal terminal)
    {
        var json = Json();
        var force = new Option<bool>("--force") { Description = "Moves indices of today's form too, for example to another number of shards." };
        var command = new Command("migrate", "Moves indices of an older form to new ones, while others read and write.") { json, force };
        command.SetAction((parsed, cancellation) => With(async indices =>
        {
            List<string> moved = [];
            await foreach (string sentence in indices.MigrateAsync(parsed.GetValue(force), cancellation))
            {
                // Each when it is done: a large month takes its time.
                if (!parsed.GetValue(json)) await terminal.Out.WriteLineAsync(sentence);
                moved.Add(sentence);
            }
            if (parsed.GetValue(json)) await PrintAsync(terminal, json: true, "moved", moved);
            return CommandLine.Done;
        }));
        return command;
    }

    private static Option<bool> Json() => new("--json") { Description = "One JSON object." };

    private static async Task PrintAsync(Terminal terminal, bool json, string name, IReadOnlyList<string> sentences)
    {
        if (json) await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(new Dictionary<string, IReadOnlyList<string>> { [name] = sentences }, ContractJson.Options));
        else foreach (string sentence in sentences) await terminal.Out.WriteLineAsync(sentence);
    }

    private static async Task<int> With(Func<ElasticsearchIndices, Task<int>> act)
    {
        using var indices = new ElasticsearchIndices(ConfiguredStore.Elasticsearch(Configuration.Read([])), TimeProvider.System);
        return await act(indices);
    }
}
