using System.Runtime.Versioning;
using System.Text.Json;
using Detection.ServiceDefaults.Auth;

namespace Detection.Tests.Standalone;

[UnsupportedOSPlatform("windows")]
public sealed class AccessCommandsTests : IDisposable
{
    private const string Password = "correct horse battery";
    private readonly TemporaryFolder _folder = new();

    private string Keys => _folder.File("deep/keys.json");
    private string Users => _folder.File("users.json");

    [Fact]
    public async Task A_key_is_printed_once_alone_on_standard_output_and_works()
    {
        var added = await TheCommand.RunAsync(["keys", "add", "--name", "shipper", "--scope", "ingest", "read", "--expires", "30", "--file", Keys]);
        Assert.Equal(0, added.ExitCode);
        string key = Assert.Single(added.Lines);
        Assert.DoesNotContain(key, added.Error, StringComparison.Ordinal);
        Assert.Contains($"Detection__Auth__KeysFile={Keys}", added.Error, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Keys));
        var stored = Assert.Single(KeyFile.Read(Keys).Keys);
        Assert.True(AccessKey.Matches(stored, key));
        Assert.Equal(TimeSpan.FromDays(30), stored.Expires - stored.Created);

        var listed = await TheCommand.RunAsync(["keys", "list", "--json", "--file", Keys]);
        using var line = JsonDocument.Parse(Assert.Single(listed.Lines));
        Assert.Equal(["id", "name", "scopes", "created", "expires"], line.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.Contains(stored.Id, (await TheCommand.RunAsync(["keys", "list", "--file", Keys])).Output, StringComparison.Ordinal);

        Assert.Equal(0, (await TheCommand.RunAsync(["keys", "remove", stored.Id, "--file", Keys])).ExitCode);
        Assert.Empty(KeyFile.Read(Keys).Keys);
    }

    [Fact]
    public async Task An_account_is_added_listed_disabled_enabled_and_given_another_password()
    {
        var added = await UsersAsync(Password + "\n", "add", "anna");
        Assert.Equal((0, ""), (added.ExitCode, added.Output));
        var account = Only();
        Assert.Equal(["read", "decide"], account.Scopes);
        Assert.True(account.Matches(Password));
        Assert.DoesNotContain(Password, await File.ReadAllTextAsync(Users, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("anna", (await UsersAsync("", "list")).Output, StringComparison.Ordinal);

        await UsersAsync("", "disable", "Anna");
        Assert.True(Only().Disabled);
        Assert.Contains("disabled", (await UsersAsync("", "list")).Output, StringComparison.Ordinal);
        await UsersAsync("", "enable", "anna");
        Assert.Equal(account.Stamp, Only().Stamp);

        Assert.Equal(0, (await UsersAsync("another horse battery", "passwd", "anna")).ExitCode);
        Assert.Equal((true, false), (Only().Matches("another horse battery"), Only().Matches(Password)));
        Assert.NotEqual(account.Stamp, Only().Stamp);
    }

    [Theory]
    [InlineData("users add anna smith", "", "smith")]
    [InlineData("users add an:na", Password, "name must be 1 to 64")]
    [InlineData("users add anna", "short", "at least 12|12 to 1024")]
    [InlineData("users add anna", "", "12 to 1024")]
    [InlineData("users add anna --scope everything", Password, "everything")]
    [InlineData("users add anna --password secret", Password, "--password")]
    [InlineData("users disable nobody", "", "users.json")]
    [InlineData("keys add --name n", "", "--scope")]
    [InlineData("keys add --scope read", "", "--name")]
    [InlineData("keys add --name n --scope read --expires 0", "", "--expires")]
    [InlineData("keys remove 0123", "", "keys.json")]
    [InlineData("keys list --file broken.json", "", "broken.json, line 1")]
    public async Task Wrong_usage_is_a_sentence_and_changes_nothing(string line, string input, string names)
    {
        await File.WriteAllTextAsync(_folder.File("broken.json"), "{\"keys\":[", TestContext.Current.CancellationToken);
        string[] args = line.Replace("broken.json", _folder.File("broken.json"), StringComparison.Ordinal).Split(' ');
        if (!line.Contains("--file", StringComparison.Ordinal)) args = [.. args, "--file", _folder.File(args[0] + ".json")];
        var ran = await TheCommand.RunAsync(args, input);
        Assert.Equal((2, ""), (ran.ExitCode, ran.Output));
        Assert.Contains(names.Split('|'), name => ran.Error.Contains(name, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", ran.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File(args[0] + ".json")));
    }

    [Fact]
    public async Task A_name_is_taken_whatever_its_case()
    {
        await UsersAsync(Password, "add", "anna");
        var again = await UsersAsync(Password, "add", "ANNA");
        Assert.Equal(2, again.ExitCode);
        Assert.Contains("already", again.Error, StringComparison.Ordinal);
    }

    private Task<TheCommand> UsersAsync(string input, params string[] args) => TheCommand.RunAsync(["users", .. args, "--file", Users], input);

    private Account Only() => Assert.Single(AccountFile.Read(Users).Users);

    public void Dispose() => _folder.Dispose();
}
