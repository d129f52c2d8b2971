using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Detection.Contracts;
using Detection.ServiceDefaults.Auth;

namespace Detection.Standalone.Commands;

/// <summary><c>keys add|list|remove</c>: bearer keys of machines. A key is shown once; the file holds its hash.</summary>
internal static class KeysCommand
{
    private const string Option = "KeysFile", DefaultFile = "keys.json";

    public static Command Create(Terminal terminal) => new("keys", "Adds, lists and removes bearer keys.")
    {
        Add(terminal),
        List(terminal),
        Remove(terminal),
    };

    private static Command Add(Terminal terminal)
    {
        var name = new Option<string>("--name") { Required = true, Description = "Who uses the key.", HelpName = "NAME" };
        var expires = new Option<int?>("--expires") { Description = "Days from now on that it is valid, 1 to 36500. Default: for ever.", HelpName = "DAYS" };
        Option<string[]> scope = AccessOptions.Scope(required: true);
        Option<string> file = AccessOptions.File(Option, DefaultFile);
        var command = new Command("add", "Makes a key and prints it, this once.") { name, scope, expires, file };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(expires) is < 1 or > 36_500) throw new UsageException("--expires must be 1 to 36500 days.");
            if (parsed.GetValue(name) is not { Length: > 0 and <= 64 } who || who.Any(char.IsControl)) throw new UsageException("--name must be 1 to 64 printable characters.");
            string path = Resolve(parsed.GetValue(file));
            var valid = parsed.GetValue(expires) is { } days ? TimeSpan.FromDays(days) : (TimeSpan?)null;
            var (stored, key) = AccessKey.Create(who, [.. parsed.GetValue(scope)!.Distinct()], TimeProvider.System.GetUtcNow(), valid);
            KeyFile.Change(path, keys => [.. keys, stored]);
            terminal.Out.WriteLine(key);
            terminal.Error.WriteLine($"Key {stored.Id} is in {path}. It is shown this once: keep it where secrets are kept.");
            AccessOptions.Tell(terminal, path, access => access.KeysFile, Option);
            return CommandLine.Done;
        });
        return command;
    }

    private static Command List(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "One JSON line a key." };
        Option<string> file = AccessOptions.File(Option, DefaultFile);
        var command = new Command("list", "Lists keys without what they are compared with.") { json, file };
        command.SetAction(parsed =>
        {
            foreach (var key in KeyFile.Read(Resolve(parsed.GetValue(file))).Keys)
                terminal.Out.WriteLine(parsed.GetValue(json)
                    ? JsonSerializer.Serialize(new { id = key.Id, name = key.Name, scopes = key.Scopes, created = key.Created, expires = key.Expires }, ContractJson.Options)
                    : string.Create(CultureInfo.InvariantCulture, $"{key.Id}  {string.Join(',', key.Scopes),-12}  made {key.Created.UtcDateTime:yyyy-MM-dd}  {End(key),-20}  {key.Name}"));
            return CommandLine.Done;
        });
        return command;
    }

    private static Command Remove(Terminal terminal)
    {
        var id = new Argument<string>("id") { Description = "As list shows it." };
        Option<string> file = AccessOptions.File(Option, DefaultFile);
        var command = new Command("remove", "Removes a key; services refuse it within a second.") { id, file };
        command.SetAction(parsed =>
        {
            string path = Resolve(parsed.GetValue(file)), wanted = parsed.GetValue(id)!;
            if (!File.Exists(path)) throw new UsageException($"{path}: no such file.");
            KeyFile.Change(path, keys => keys.Any(key => key.Id == wanted) ? [.. keys.Where(key => key.Id != wanted)] : throw new UsageException($"{path} has no key {wanted}."));
            terminal.Error.WriteLine($"Key {wanted} is removed.");
            return CommandLine.Done;
        });
        return command;
    }

    private static string Resolve(string? given) => AccessOptions.Resolve(given, access => access.KeysFile, DefaultFile);

    private static string End(AccessKey key) => key.Expires is { } end ? string.Create(CultureInfo.InvariantCulture, $"until {end.UtcDateTime:yyyy-MM-dd HH:mm}") : "for ever";
}
