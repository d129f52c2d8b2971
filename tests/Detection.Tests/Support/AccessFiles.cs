using Detection.ServiceDefaults.Auth;

namespace Detection.Tests;

/// <summary>A file of keys and one of accounts in a folder of their own, as the commands write them.</summary>
internal sealed class AccessFiles : IDisposable
{
    public const string Password = "correct horse battery";

    // Slow by purpose, so made once.
    private static readonly Lazy<string> Hash = new(() => Account.Hash(Password));
    private readonly TemporaryFolder _folder = new();

    public string Keys => _folder.File("keys.json");
    public string Users => _folder.File("users.json");

    /// <summary>Options of a host that takes both.</summary>
    public (string Name, string? Value)[] Settings => [("Detection:Auth:KeysFile", Keys), ("Detection:Auth:UsersFile", Users)];

    public AccessFiles()
    {
        KeyFile.Change(Keys, _ => []);
        AccountFile.Change(Users, _ => []);
    }

    public string AddKey(string scope, TimeSpan? valid = null, DateTimeOffset? now = null)
    {
        var (stored, key) = AccessKey.Create("robot", [scope], now ?? TimeProvider.System.GetUtcNow(), valid);
        KeyFile.Change(Keys, keys => [.. keys, stored]);
        return key;
    }

    public void AddAccount(string name, params IReadOnlyList<string> scopes) =>
        AccountFile.Change(Users, users => [.. users, new Account { Name = name, Scopes = scopes.Count > 0 ? scopes : [Scopes.Read, Scopes.Decide], PasswordHash = Hash.Value, Created = Some.Time }]);

    public void Change(string name, Func<Account, Account> change) => AccountFile.Change(Users, users => [.. users.Select(account => account.Name == name ? change(account) : account)]);

    public void Dispose() => _folder.Dispose();
}
