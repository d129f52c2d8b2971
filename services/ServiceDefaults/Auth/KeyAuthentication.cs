using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Detection.ServiceDefaults.Auth;

/// <summary><c>Authorization: Bearer KEY</c>. An address with too many wrong keys gets 429 instead of 401.</summary>
internal sealed class KeyAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logs, UrlEncoder encoder, Access access, FailedAttempts failures)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logs, encoder)
{
    private const string Prefix = "Bearer ";
    private string? _problem;
    private TimeSpan? _wait;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!access.IsConfigured || Request.Headers.Authorization is not { Count: > 0 } given) return Task.FromResult(AuthenticateResult.NoResult());
        var check = given is [{ } header] && header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
            ? access.Check(header[Prefix.Length..].Trim())
            : new Access.KeyCheck(null, "The header Authorization must be: Bearer KEY.");
        if (check.User is { } user) return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(user, Scheme.Name)));
        _problem = check.Problem;
        _wait = failures.Count(Context.Connection.RemoteIpAddress);
        return Task.FromResult(AuthenticateResult.Fail(check.Problem!));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => _wait is { } wait
        ? AccessProblem.TooManyAsync(Context, wait, "Too many wrong keys came from this address.")
        : AccessProblem.UnauthorizedAsync(Context, _problem);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => AccessProblem.ForbiddenAsync(Context);
}
