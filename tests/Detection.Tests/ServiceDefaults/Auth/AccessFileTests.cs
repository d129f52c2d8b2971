using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Detection.ServiceDefaults.Auth;

namespace Detection.Tests.ServiceDefaults.Auth;

/// <summary>Files of keys and accounts: what is written is read again, what is wrong is named, and nothing but a sentence comes of hostile bytes.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class AccessFileTests
{
    private static readonly string Hash = Convert.ToBase64String([1, 0, 0, 0, 2, 0, 3, 52, 80, 0, 0, 0, 16, .. new byte[48]]);
    private static readonly string Keys = $$"""
        {"keys":[
          {"id":"0123456789ab","name":"shipper","scopes":["ingest","read"],
           "sha256":"{{new string('a', 64)}}","created":"2026-01-31T08:30:00Z","expires":null}]}
        """;
    private static readonly string Users = $$"""{"users":[{"name":"anna","scopes":["read"],"passwordHash":"{{Hash}}","created":"2026-01-31T08:30:00Z","disabled":false}]}""";

    [Fact]
    public void A_key_is_its_prefix_its_id_and_256_bits_and_the_file_holds_its_hash_alone()
    {
        using var files = new AccessFiles();
        string key = files.AddKey(Scopes.Read);
        var stored = Assert.Single(KeyFile.Read(files.Keys).Keys);
        Assert.Matches("^dk_[0-9a-f]{12}[A-Za-z0-9_-]{43}$", key);
        Assert.Equal(key[3..15], stored.Id);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key))), stored.Sha256);
        Assert.DoesNotContain(key[15..], File.ReadAllText(files.Keys), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(files.Keys));
    }

    [Fact]
    public void A_password_is_kept_as_Identitys_version_3_and_only_it_matches()
    {
        string hash = Account.Hash("correct horse battery");
        var account = new Account { Name = "anna", Scopes = ["read"], PasswordHash = hash, Created = default };
        Assert.Equal((1, 512 / 256), (Convert.FromBase64String(hash)[0], Convert.FromBase64String(hash)[4]));
        Assert.Null(account.Wrong());
        Assert.True(account.Matches("correct horse battery"));
        Assert.False(account.Matches("Correct horse battery"));
        Assert.NotEqual(hash, Account.Hash("correct horse battery"));
    }

    [Fact]
    public void Letters_of_another_keyboard_are_the_same_password()
    {
        var account = new Account { Name = "anna", Scopes = ["read"], PasswordHash = Account.Hash("pa\u0308sse und noch mehr"), Created = default };
        Assert.True(account.Matches("p\u00e4sse und noch mehr"));
    }

    [Theory]
    [InlineData("\"shipper\"", "\"\"", "keys[0].name")]
    [InlineData("\"ingest\"", "\"ingset\"", "keys[0].scopes: names 'ingset'; known are ingest, read, decide, admin")]
    [InlineData("\"ingest\",\"read\"", "", "keys[0].scopes")]
    [InlineData("\"ingest\"", "\"read\"", "keys[0].scopes: names a scope twice")]
    [InlineData("0123456789ab", "../etc/passwd", "keys[0].id")]
    [InlineData("\"aaaa", "\"zzzz", "keys[0].sha256")]
    [InlineData("\"2026-01-31T08:30:00Z\"", "\"soon\"", "line 3, keys[0].created")]
    [InlineData("\"expires\":null", "\"expiry\":null", "line 3")]
    [InlineData("\"expires\":null", "\"name\":\"again\"", "line 3")]
    [InlineData("\"name\":\"shipper\",", "", "line 3")]
    [InlineData("\"name\":\"shipper\"", "\"name\":null", "line 2, keys[0].name")]
    [InlineData("}]}", "},null]}", "keys[1]: must not be null")]
    [InlineData("}]}", "}]", "line ")]
    public void A_wrong_file_of_keys_is_named_by_line_or_field(string part, string replaced, string names)
    {
        var wrong = Assert.Throws<InvalidDataException>(() => KeyFile.Parse("/etc/keys.json", Encoding.UTF8.GetBytes(Keys.Replace(part, replaced, StringComparison.Ordinal))));
        Assert.StartsWith("/etc/keys.json, ", wrong.Message, StringComparison.Ordinal);
        Assert.Contains(names, wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"anna\"", "\"anna smith\"", "users[0].name")]
    [InlineData("\"read\"", "\"write\"", "users[0].scopes")]
    [InlineData("AQAAAAI", "AAAAAAI", "users[0].passwordHash")]
    [InlineData("AQAAAAI", "not base64 ", "users[0].passwordHash")]
    [InlineData("AQAAAAIAAzRQ", "AQAAAAL/////", "users[0].passwordHash")]
    [InlineData("}]}", "},{\"name\":\"ANNA\",\"scopes\":[\"read\"],\"passwordHash\":\"HASH\",\"created\":\"2026-01-31T08:30:00Z\"}]}", "users[1].name: is there twice")]
    public void A_wrong_file_of_accounts_is_named_by_line_or_field(string part, string replaced, string names)
    {
        string json = Users.Replace(part, replaced.Replace("HASH", Hash, StringComparison.Ordinal), StringComparison.Ordinal);
        var wrong = Assert.Throws<InvalidDataException>(() => AccountFile.Parse("/etc/users.json", Encoding.UTF8.GetBytes(json)));
        Assert.Contains(names, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_of_any_kind_are_a_file_or_a_sentence()
    {
        var noise = Gen.Byte.Array[0, 200];
        var broken = Gen.Select(Gen.OneOf(Gen.Const(Keys), Gen.Const(Users)), Gen.Int[0, 400], Gen.Int[0, 20], Gen.Byte.Array[0, 8])
            .Select(given => Splice(Encoding.UTF8.GetBytes(given.Item1), given.Item2, given.Item3, given.Item4));
        Gen.OneOf(noise, broken).Sample(bytes =>
        {
            foreach (Action read in new Action[] { () => KeyFile.Parse("f", bytes), () => AccountFile.Parse("f", bytes) })
                try { read(); }
                catch (InvalidDataException wrong) when (wrong.Message.StartsWith('f') && wrong.Message.Length < 400) { }
        }, iter: 3_000);
    }

    [Fact]
    public void Depth_and_number_of_entries_are_bounded()
    {
        Assert.Throws<InvalidDataException>(() => KeyFile.Parse("f", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"keys\":[", 100_000)))));
        var many = new JsonObject
        {
            ["keys"] = new JsonArray([.. Enumerable.Range(0, 10_001).Select(i => new JsonObject
        {
            ["id"] = $"{i:x12}", ["name"] = "n", ["scopes"] = new JsonArray("read"), ["sha256"] = new string('a', 64), ["created"] = "2026-01-31T08:30:00Z",
        })])
        };
        Assert.Contains("10001 entries", Assert.Throws<InvalidDataException>(() => KeyFile.Parse("f", Encoding.UTF8.GetBytes(many.ToJsonString()))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_everybody_may_write_is_refused_and_so_is_what_is_too_large()
    {
        using var files = new AccessFiles();
        File.SetUnixFileMode(files.Keys, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        Assert.Contains("chmod 600", Assert.Throws<InvalidDataException>(() => KeyFile.Read(files.Keys)).Message, StringComparison.Ordinal);
        File.WriteAllBytes(files.Users, new byte[AccessFile.MaxBytes + 1]);
        Assert.Contains("at most", Assert.Throws<InvalidDataException>(() => AccountFile.Read(files.Users)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_that_fails_leaves_the_file_and_another_process_waits_its_turn()
    {
        using var files = new AccessFiles();
        files.AddKey(Scopes.Read);
        string before = File.ReadAllText(files.Keys);
        Assert.Throws<InvalidOperationException>(() => KeyFile.Change(files.Keys, _ => throw new InvalidOperationException()));
        KeyFile.Change(files.Keys, keys =>
        {
            Assert.Throws<IOException>(() => KeyFile.Change(files.Keys, _ => []));
            return keys;
        });
        Assert.Equal(before, File.ReadAllText(files.Keys));
    }

    private static byte[] Splice(byte[] bytes, int at, int drop, byte[] add)
    {
        at = Math.Min(at, bytes.Length);
        return [.. bytes[..at], .. add, .. bytes[Math.Min(bytes.Length, at + drop)..]];
    }
}
