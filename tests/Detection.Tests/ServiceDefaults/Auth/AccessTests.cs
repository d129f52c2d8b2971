using System.Net;
using Detection.ServiceDefaults;
using Detection.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Detection.Tests.ServiceDefaults.Auth;

/// <summary>Keys, accounts and sessions as the files say now.</summary>
public sealed class AccessTests : IDisposable
{
    private readonly AccessFiles _files = new();
    private readonly FakeTimeProvider _time = new(Some.Time);

    [Fact]
    public void A_key_is_its_holder_with_its_scopes_and_nearly_a_key_is_nobody()
    {
        string key = _files.AddKey(Scopes.Ingest);
        var access = Open();
        var user = access.Check(key).User!;
        Assert.Equal("key:robot", user.Identity!.Name);
        Assert.Equal((true, false, false), (access.May(user, Scopes.Ingest), access.May(user, Scopes.Read), access.May(user, Scopes.Admin)));
        string[] wrong = ["", "dk_", key[..^1], key + "A", key.ToUpperInvariant(), key[..15] + new string('A', 43), "dk_000000000000" + key[15..], new string('x', 100_000)];
        Assert.All(wrong, other => Assert.Equal("The key is unknown.", access.Check(other).Problem));
    }

    [Fact]
    public void Admin_implies_every_scope()
    {
        string key = _files.AddKey(Scopes.Admin);
        var access = Open();
        Assert.All(Scopes.All, scope => Assert.True(access.May(access.Check(key).User!, scope)));
    }

    [Fact]
    public void A_key_ends_with_its_time()
    {
        string key = _files.AddKey(Scopes.Read, TimeSpan.FromDays(1), Some.Time);
        var access = Open();
        var user = access.Check(key).User!;
        _time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromSeconds(1));
        Assert.True(access.IsCurrent(user));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(access.IsCurrent(user));
        Assert.Equal("The key has expired.", access.Check(key).Problem);
        // A wrong secret is not told that the key expired.
        Assert.Equal("The key is unknown.", access.Check(key[..15] + new string('A', 43)).Problem);
    }

    [Fact]
    public void A_changed_file_is_in_force_a_second_later_and_a_broken_or_missing_one_leaves_the_last_good()
    {
        string first = _files.AddKey(Scopes.Read);
        var access = Open();
        string second = _files.AddKey(Scopes.Read);
        Assert.Null(access.Check(second).User);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(access.Check(second).User);

        string good = File.ReadAllText(_files.Keys);
        foreach (string? broken in new[] { "{\"keys\":[", "", null })
        {
            if (broken is null) File.Delete(_files.Keys);
            else File.WriteAllText(_files.Keys, broken);
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.NotNull(access.Check(first).User);
        }
        File.WriteAllText(_files.Keys, good.Replace(second[3..15], "000000000000", StringComparison.Ordinal));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((true, false), (access.Check(first).User is not null, access.Check(second).User is not null));
    }

    [Fact]
    public void A_mounted_secret_whose_link_is_swapped_is_seen()
    {
        string key = _files.AddKey(Scopes.Read);
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("old"));
        Directory.CreateDirectory(folder.File("new"));
        File.WriteAllText(folder.File("old/keys.json"), "{\"keys\":[]}");
        File.Copy(_files.Keys, folder.File("new/keys.json"));
        Directory.CreateSymbolicLink(folder.File("data"), folder.File("old"));
        File.CreateSymbolicLink(folder.File("keys.json"), folder.File("data/keys.json"));
        var access = Open(folder.File("keys.json"));
        Assert.Null(access.Check(key).User);
        Directory.Delete(folder.File("data"));
        Directory.CreateSymbolicLink(folder.File("data"), folder.File("new"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(access.Check(key).User);
    }

    [Theory]
    [InlineData("{\"keys\":[", "keys.json, line 1")]
    [InlineData(null, "no such file")]
    public void A_start_with_a_broken_file_names_option_and_file(string? content, string names)
    {
        if (content is null) File.Delete(_files.Keys);
        else File.WriteAllText(_files.Keys, content);
        var wrong = Assert.Throws<InvalidOptionsException>(() => Open());
        Assert.StartsWith($"Option Detection:Auth:KeysFile: {_files.Keys}", wrong.Message, StringComparison.Ordinal);
        Assert.Contains(names, wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("disabled")]
    [InlineData("password")]
    [InlineData("scopes")]
    [InlineData("signed out")]
    public void A_session_ends_with_what_it_rests_on(string how)
    {
        _files.AddAccount("anna");
        _files.AddAccount("ben");
        var access = Open();
        var (anna, other, ben) = (Access.SignIn(access.FindAccount("Anna")!), Access.SignIn(access.FindAccount("anna")!), Access.SignIn(access.FindAccount("ben")!));
        Assert.True(access.IsCurrent(anna));
        if (how == "signed out") access.SignOut(anna);
        else _files.Change("anna", account => how switch
        {
            "disabled" => account with { Disabled = true },
            "password" => account with { PasswordHash = Account.Hash("another horse battery") },
            _ => account with { Scopes = [Scopes.Read] },
        });
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((false, how == "signed out", true), (access.IsCurrent(anna), access.IsCurrent(other), access.IsCurrent(ben)));
    }

    [Fact]
    public void Unknown_disabled_and_wrong_are_one_answer()
    {
        _files.AddAccount("anna");
        _files.AddAccount("gone");
        _files.Change("gone", account => account with { Disabled = true });
        var access = Open();
        using var failures = new FailedAttempts(TimeSpan.FromHours(1));
        var signIn = new SignIn(access, new Lockout(_time), failures, NullLogger<SignIn>.Instance);
        Assert.Equal("anna", signIn.Check("anna", AccessFiles.Password, null).User!.Identity!.Name);
        Assert.All(new[] { ("anna", "wrong"), ("gone", AccessFiles.Password), ("nobody", AccessFiles.Password), ("no such name!", ""), ("anna", new string('x', 1_025)) },
            tried => Assert.Equal((null, TimeSpan.Zero), signIn.Check(tried.Item1, tried.Item2, null)));
    }

    [Fact]
    public void A_locked_name_waits_longer_each_time_and_the_right_password_helps_only_after_it()
    {
        _files.AddAccount("anna");
        using var failures = new FailedAttempts(TimeSpan.FromHours(1));
        var signIn = new SignIn(Open(), new Lockout(_time), failures, NullLogger<SignIn>.Instance);
        for (int i = 0; i < Lockout.FreeTries; i++) Assert.Equal(TimeSpan.Zero, signIn.Check("anna", "wrong", null).Wait);
        Assert.Equal((null, TimeSpan.FromSeconds(30)), signIn.Check("ANNA", AccessFiles.Password, null));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(TimeSpan.Zero, signIn.Check("anna", "wrong", null).Wait);
        Assert.Equal(TimeSpan.FromSeconds(60), signIn.Check("anna", "wrong", null).Wait);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.NotNull(signIn.Check("anna", AccessFiles.Password, null).User);
        Assert.Equal(TimeSpan.Zero, signIn.Check("anna", "wrong", null).Wait);
    }

    [Fact]
    public void Waiting_grows_to_a_quarter_of_an_hour_is_the_same_for_names_that_are_no_account_and_is_forgotten_after_a_day()
    {
        var lockout = new Lockout(_time);
        var waited = new List<double>();
        for (int i = 0; i < 12; i++)
        {
            Assert.Equal(TimeSpan.Zero, lockout.Begin("nobody"));
            var wait = lockout.Begin("nobody");
            if (i + 1 < Lockout.FreeTries) i++;
            waited.Add(wait.TotalSeconds);
            _time.Advance(wait);
        }
        Assert.Equal([0, 0, 30, 60, 120, 240, 480, 900, 900, 900], waited);
        _time.Advance(Lockout.Memory);
        for (int i = 0; i < Lockout.FreeTries; i++) Assert.Equal(TimeSpan.Zero, lockout.Begin("nobody"));
    }

    [Fact]
    public void An_address_with_too_many_failures_waits_whatever_it_sends_and_its_neighbours_in_one_network_of_IPv6_with_it()
    {
        _files.AddAccount("anna");
        using var failures = new FailedAttempts(TimeSpan.FromHours(1));
        var signIn = new SignIn(Open(), new Lockout(_time), failures, NullLogger<SignIn>.Instance);
        var (one, neighbour, other) = (IPAddress.Parse("2001:db8::1"), IPAddress.Parse("2001:db8::ffff"), IPAddress.Parse("2001:db8:0:1::1"));
        for (int i = 0; i < FailedAttempts.Burst; i++) Assert.Null(failures.Count(one));
        Assert.All(new[] { one, neighbour }, address => Assert.True(signIn.Check("anna", AccessFiles.Password, address) is { User: null, Wait.TotalMinutes: > 1 }));
        Assert.NotNull(signIn.Check("anna", AccessFiles.Password, other).User);
    }

    [Theory]
    [InlineData("https", "__Host-detection=v; path=/; secure; samesite=strict; httponly")]
    [InlineData("http", "detection=v; path=/; samesite=strict; httponly")]
    public void A_cookie_that_came_by_https_is_bound_to_its_host(string scheme, string expected)
    {
        var cookie = new CookieAuthenticationOptions();
        SessionCookie.Configure(cookie);
        var context = new DefaultHttpContext { Request = { Scheme = scheme } };
        cookie.CookieManager.AppendResponseCookie(context, cookie.Cookie.Name!, "v", cookie.Cookie.Build(context));
        Assert.Equal(expected, context.Response.Headers.SetCookie);
    }

    [Fact]
    public void Ten_thousand_other_names_do_not_free_a_locked_one()
    {
        var lockout = new Lockout(_time);
        for (int i = 0; i < Lockout.FreeTries; i++) lockout.Begin("anna");
        for (int i = 0; i < 10_050; i++) lockout.Begin($"name{i}");
        Assert.Equal(Lockout.First, lockout.Begin("anna"));
    }

    private Access Open(string? keys = null) =>
        new(Options.Create(new DetectionOptions { Auth = { KeysFile = keys ?? _files.Keys, UsersFile = _files.Users } }), _time, NullLogger<Access>.Instance);

    public void Dispose() => _files.Dispose();
}
