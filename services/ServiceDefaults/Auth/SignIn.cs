using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Detection.ServiceDefaults.Auth;

/// <summary>A name and a password to a signed-in user. An unknown name, a disabled account and a wrong password are one answer, after the same work.</summary>
public sealed class SignIn
{
    // Nobody's: the work for a name that is no account.
    private static readonly Account Nobody = new() { Name = "nobody", Scopes = [], Created = default, PasswordHash = Account.Hash(RandomNumberGenerator.GetHexString(32)) };
    private readonly Access _access;
    private readonly Lockout _lockout;
    private readonly FailedAttempts _failures;
    private readonly ILogger _log;

    internal SignIn(Access access, Lockout lockout, FailedAttempts failures, ILogger<SignIn> log) => (_access, _lockout, _failures, _log) = (access, lockout, failures, log);

    /// <summary>A user, or null and how long to wait before the next try (zero: not at all).</summary>
    public (ClaimsPrincipal? User, TimeSpan Wait) Check(string name, string password, IPAddress? from)
    {
        if (_failures.Wait(from) is { } wait) return (null, wait);
        bool isName = Account.NameProblem(name) is null, isPassword = password.Length <= Account.MaxPassword;
        if (isName && _lockout.Begin(name) is { Ticks: > 0 } locked) return (null, locked);
        var account = isName ? _access.FindAccount(name) : null;
        if ((account ?? Nobody).Matches(isPassword ? password : "") && account is not null && isPassword)
        {
            _lockout.Succeeded(name);
            AccessLog.SignedIn(_log, account.Name, from);
            return (Access.SignIn(account), TimeSpan.Zero);
        }
        AccessLog.Refused(_log, from);
        return (null, _failures.Count(from) ?? TimeSpan.Zero);
    }
}
