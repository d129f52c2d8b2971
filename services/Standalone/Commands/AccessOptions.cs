using System.CommandLine;
using Detection.ServiceDefaults;
using Detection.ServiceDefaults.Auth;

namespace Detection.Standalone.Commands;

/// <summary>What <c>keys</c> and <c>users</c> share: which file, which scopes.</summary>
internal static class AccessOptions
{
    public static Option<string> File(string configured, string name) => new("--file")
    {
        Description = $"The file to change. Default: the one of Detection__Auth__{configured}, else {name} in the data folder.",
        HelpName = "FILE",
    };

    public static Option<string[]> Scope(bool required)
    {
        var scope = new Option<string[]>("--scope")
        {
            Description = "What it may do; several are allowed, admin is all of them." + (required ? "" : " Default: read decide."),
            AllowMultipleArgumentsPerToken = true,
            Required = required,
        };
        scope.AcceptOnlyFromAmong([.. Scopes.All]);
        return scope;
    }

    /// <summary>The file that is meant, and whether the services are configured to read it.</summary>
    public static string Resolve(string? given, Func<AuthOptions, string?> configured, string name)
    {
        if (given is not null) return given;
        var options = Configuration.Read([]);
        return configured(options.Auth) is { Length: > 0 } file ? file : Path.Combine(options.Data, name);
    }

    /// <summary>A service reads what it is told to.</summary>
    public static void Tell(Terminal terminal, string file, Func<AuthOptions, string?> configured, string option)
    {
        string? read = configured(Configuration.Read([]).Auth);
        if (string.IsNullOrEmpty(read) || Path.GetFullPath(read) != Path.GetFullPath(file)) terminal.Error.WriteLine($"Services read it where Detection__Auth__{option}={Path.GetFullPath(file)}");
    }
}
