using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Detection.Contracts;
using Detection.ServiceDefaults;
using Detection.Storage;

namespace Detection.Standalone.Commands;

/// <summary><c>erase</c>: deletes everything of one author from the configured store, on request, and leaves a record that it was done.</summary>
internal static class EraseCommand
{
    public static Command Create(Terminal terminal)
    {
        var author = new Argument<string>("author") { Description = "The author's whole id, name or address, whatever the case." };
        var by = new Option<string>("--by") { Description = "Who asks for it; kept in the record.", DefaultValueFactory = _ => "local" };
        var json = new Option<bool>("--json") { Description = "The record as JSON." };
        var command = new Command("erase", "Deletes every verdict, message and decision of one author.") { author, by, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var store = ConfiguredStore.Of(Configuration.Read([]), TimeProvider.System);
            await store.Verdicts.OpenAsync(cancellation);
            var done = await store.Upkeep.EraseAuthorAsync(parsed.GetValue(author)!, parsed.GetValue(by)!, cancellation);
            await terminal.Out.WriteLineAsync(parsed.GetValue(json) ? JsonSerializer.Serialize(done, ContractJson.Options)
                : string.Create(CultureInfo.InvariantCulture, $"{done.Verdicts} verdicts and {done.Decisions} decisions deleted; recorded for {done.AuthorSha256[..12]}…"));
            return CommandLine.Done;
        });
        return command;
    }
}
