using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Detection.Contracts;
using Detection.ServiceDefaults.Auth;
using Spectre.Console;

namespace Detection.Standalone.Commands;

/// <summary><c>users add|list|disable|enable|passwd</c>: accounts of people. Passwords come from standard input or a prompt, never from the command line, which others can see.</summary>
internal static class UsersCommand
{
    private const string Option = "UsersFile", DefaultFile = "users.json";

    public static Command Create(Terminal terminal) => new("users", "Adds, lists and changes accounts.")
    {
        Add(terminal),
        List(terminal),
        Change("disable", "Disables an account and ends its sessions.", terminal, (account, _) => Task.FromResult(account with { Disabled = true })),
        Change("enable", "Enables an account that was disabled.", terminal, (account, _) => Task.FromResult(account with { Disabled = false })),
        Change("passwd", "Changes the password of an account and ends its sessions.", terminal,
            async (account, cancellation) => account with { PasswordHash = Account.Hash(await PasswordAsync(terminal, account.Name, cancellation)) }),
    };

    private static Command Add(Terminal terminal)
    {
        var name = new Argument<string>("name") { Description = "Letters, digits, '.', '_', '-' or '@'; decisions carry it." };
        Option<string[]> scope = AccessOptions.Scope(required: false);
        Option<string> file = AccessOptions.File(Option, DefaultFile);
        var command = new Command("add", "Adds an account; the password comes from standard input or a prompt.") { name, scope, file };
        command.SetAction(async (parsed, cancellation) =>
        {
            string path = Resolve(parsed.GetValue(file)), who = parsed.GetValue(name)!;
            if (Account.NameProblem(who) is { } problem) throw new UsageException($"The name {problem}.");
            if (File.Exists(path) && AccountFile.Read(path).Users.Any(account => Is(account, who))) throw Taken(path, who);
            string password = await PasswordAsync(terminal, who, cancellation);
            var account = new Account
            {
                Name = who,
                Scopes = parsed.GetValue(scope) is { Length: > 0 } scopes ? [.. scopes.Distinct()] : [Scopes.Read, Scopes.Decide],
                PasswordHash = Account.Hash(password),
                Created = TimeProvider.System.GetUtcNow(),
            };
            AccountFile.Change(path, users => users.Any(one => Is(one, who)) ? throw Taken(path, who) : [.. users, account]);
            await terminal.Error.WriteLineAsync($"Account {who} is in {path}.");
            AccessOptions.Tell(terminal, path, access => access.UsersFile, Option);
            return CommandLine.Done;
        });
        return command;
    }

    private static Command List(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "One JSON line an account." };
        Option<string> file = AccessOptions.File(Option, DefaultFile);
        var command = new Command("list", "Lists accounts.") { json, file };
        command.SetAction(parsed =>
        {
            foreach (var account in AccountFile.Read(Resolve(parsed.GetValue(file))).Users)
                terminal.Out.WriteLine(parsed.GetValue(json)
                    ? JsonSerializer.Serialize(new { name = account.Name, scopes = account.Scopes, created = account.Created, disabled = account.Disabled }, ContractJson.Options)
                    : string.Create(CultureInfo.InvariantCulture, $"{account.Name,-24}  {string.Join(',', account.Scopes),-12}  made {account.Created.UtcDateTime:yyyy-MM-dd}{(account.Disabled ? "  disabled" : "")}"));
            return CommandLine.Done;
        });
        return command;
    }

    private static Command Change(string verb, string description, Terminal terminal, Func<Account, CancellationToken, Task<Account>> change)
    {
        var name = new Argument<string>("name");
        Option<string> file = AccessOptions.File(Option, DefaultFile);
        var command = new Command(verb, description) { name, file };
        command.SetAction(async (parsed, cancellation) =>
        {
            string path = Resolve(parsed.GetValue(file)), who = parsed.GetValue(name)!;
            var known = AccountFile.Read(path).Users.FirstOrDefault(account => Is(account, who)) ?? throw new UsageException($"{path} has no account {who}.");
            var changed = await change(known, cancellation);
            AccountFile.Change(path, users => [.. users.Select(account => Is(account, who) ? changed : account)]);
            await terminal.Error.WriteLineAsync($"Account {known.Name}: {verb} done; services follow within a second.");
            return CommandLine.Done;
        });
        return command;
    }

    /// <summary>The first line of standard input, or what is typed twice without being shown.</summary>
    private static async Task<string> PasswordAsync(Terminal terminal, string name, CancellationToken cancellation)
    {
        string password;
        if (terminal.IsInputTerminal)
        {
            password = await AskAsync($"Password for {name}:");
            if (await AskAsync("Again:") != password) throw new UsageException("The two passwords differ.");
        }
        else
        {
            using var input = new StreamReader(terminal.In, leaveOpen: true);
            password = await input.ReadLineAsync(cancellation) ?? "";
        }
        return Account.PasswordProblem(password) is { } problem ? throw new UsageException($"The password {problem}.") : password;

        Task<string> AskAsync(string prompt) => new TextPrompt<string>(prompt) { AllowEmpty = true, IsSecret = true, Mask = null }.ShowAsync(terminal.Progress, cancellation);
    }

    private static string Resolve(string? given) => AccessOptions.Resolve(given, access => access.UsersFile, DefaultFile);

    private static bool Is(Account account, string name) => account.Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static UsageException Taken(string path, string name) => new($"{path} has an account {name} already; 'detection users passwd {name}' changes its password.");
}
