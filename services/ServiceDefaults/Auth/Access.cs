using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Security.Claims;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Detection.ServiceDefaults.Auth;

/// <summary>Who may do what now, by the files of <see cref="AuthOptions"/>. Where neither is configured everybody on this machine may do everything.</summary>
public sealed class Access
{
    /// <summary>Authentication schemes. <see cref="Either"/> takes the key where there is one, else the cookie.</summary>
    internal const string Either = "Either", Bearer = "Bearer", Cookie = "Cookie";

    /// <summary>How long a session lasts after the last request.</summary>
    public static readonly TimeSpan SessionLength = TimeSpan.FromHours(8);

    internal const string ScopeClaim = "scope";
    private const string KeyClaim = "key", StampClaim = "stamp", SessionClaim = "session";
    private readonly WatchedFile<FrozenDictionary<string, AccessKey>>? _keys;
    private readonly WatchedFile<FrozenDictionary<string, Account>>? _accounts;
    private readonly ConcurrentDictionary<string, DateTimeOffset> _ended = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;

    /// <exception cref="InvalidOptionsException">A file is missing or broken.</exception>
    public Access(IOptions<DetectionOptions> options, TimeProvider time, ILogger<Access> log)
    {
        var files = options.Value.Auth;
        _time = time;
        if (!string.IsNullOrEmpty(files.KeysFile)) _keys = new("Detection:Auth:KeysFile", files.KeysFile, (path, json) => KeyFile.Parse(path, json).ById, time, log);
        if (!string.IsNullOrEmpty(files.UsersFile)) _accounts = new("Detection:Auth:UsersFile", files.UsersFile, (path, json) => AccountFile.Parse(path, json).ByName, time, log);
    }

    public bool IsConfigured => _keys is not null || _accounts is not null;

    /// <summary>Whether people can sign in.</summary>
    internal bool HasAccounts => _accounts is not null;

    /// <summary>Whether what was let in earlier would be let in still: the key is there and valid, the account is as it was, the session was not signed out. For what outlives its request.</summary>
    public bool IsCurrent(ClaimsPrincipal user)
    {
        if (!IsConfigured) return true;
        if (user.FindFirst(KeyClaim) is { } id) return _keys?.Current.GetValueOrDefault(id.Value) is { } key && !key.HasExpired(_time.GetUtcNow());
        return user.Identity?.Name is { } name && FindAccount(name)?.Stamp == user.FindFirst(StampClaim)?.Value && user.FindFirst(SessionClaim) is { } session && !_ended.ContainsKey(session.Value);
    }

    public bool May(ClaimsPrincipal user, string scope) => !IsConfigured || user.HasClaim(ScopeClaim, scope) || user.HasClaim(ScopeClaim, Scopes.Admin);

    /// <summary>Ends a session in every window, and for whoever copied its cookie; for as long as this process runs.</summary>
    public void SignOut(ClaimsPrincipal user)
    {
        var now = _time.GetUtcNow();
        foreach (var (old, until) in _ended)
            if (until < now) _ended.TryRemove(old, out _);
        // A cookie is not renewed once its session has ended, so that it is void by then.
        if (user.FindFirst(SessionClaim) is { } session) _ended[session.Value] = now + SessionLength;
    }

    internal KeyCheck Check(string key)
    {
        var stored = AccessKey.IdOf(key) is { } id ? _keys?.Current.GetValueOrDefault(id) : null;
        if (!AccessKey.Matches(stored, key)) return new KeyCheck(null, "The key is unknown.");
        if (stored!.HasExpired(_time.GetUtcNow())) return new KeyCheck(null, "The key has expired.");
        // No account can be called so: ':' is none of the letters of its name.
        return new KeyCheck(User(Bearer, $"key:{stored.Name}", stored.Scopes, new Claim(KeyClaim, stored.Id)), null);
    }

    /// <summary>Null where there is none, or it is disabled.</summary>
    internal Account? FindAccount(string name) => _accounts?.Current.GetValueOrDefault(name) is { Disabled: false } account ? account : null;

    internal static ClaimsPrincipal SignIn(Account account) =>
        User(Cookie, account.Name, account.Scopes, new Claim(StampClaim, account.Stamp), new Claim(SessionClaim, Guid.NewGuid().ToString("N")));

    private static ClaimsPrincipal User(string scheme, string name, IEnumerable<string> scopes, params IEnumerable<Claim> more) =>
        new(new ClaimsIdentity([new Claim(ClaimTypes.Name, name), .. scopes.Select(scope => new Claim(ScopeClaim, scope)), .. more], scheme));

    internal readonly record struct KeyCheck(ClaimsPrincipal? User, string? Problem);
}
