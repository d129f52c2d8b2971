using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Detection.ServiceDefaults.Auth;

/// <summary>The cookie of a person who signed in: for this host alone, invisible to scripts, never sent from another site, void as soon as the account changes.</summary>
internal static class SessionCookie
{
    private const string LoginPath = "/login";

    public static void Configure(CookieAuthenticationOptions cookie)
    {
        cookie.Cookie.Name = AccessHost.CookieName;
        cookie.Cookie.Path = "/";
        cookie.Cookie.HttpOnly = true;
        cookie.Cookie.SameSite = SameSiteMode.Strict;
        cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        cookie.CookieManager = new HostCookies();
        cookie.ExpireTimeSpan = Access.SessionLength;
        cookie.SlidingExpiration = true;
        cookie.LoginPath = LoginPath;
        cookie.Events.OnValidatePrincipal = ValidateAsync;
        cookie.Events.OnRedirectToLogin = static context => ChallengeAsync(context.HttpContext);
        cookie.Events.OnRedirectToAccessDenied = static context => AccessProblem.ForbiddenAsync(context.HttpContext);
    }

    private static Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        if (context.Principal is { } user && context.HttpContext.RequestServices.GetRequiredService<Access>().IsCurrent(user)) return Task.CompletedTask;
        context.RejectPrincipal();
        return context.HttpContext.SignOutAsync(Access.Cookie);
    }

    /// <summary>A person is led to the page where one signs in, a program is told.</summary>
    private static Task ChallengeAsync(HttpContext context)
    {
        var request = context.Request;
        bool isPage = HttpMethods.IsGet(request.Method) && request.Headers.Upgrade.Count == 0 && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
        if (!isPage || request.Path.StartsWithSegments("/api")) return AccessProblem.UnauthorizedAsync(context);
        string wanted = $"{request.PathBase}{request.Path}{request.QueryString}";
        context.Response.Redirect(wanted == "/" ? LoginPath : $"{LoginPath}?returnUrl={Uri.EscapeDataString(wanted)}");
        return Task.CompletedTask;
    }

    /// <summary>Where the request came by https the name begins with <c>__Host-</c>: no other host and no page without TLS can set it.</summary>
    private sealed class HostCookies : ICookieManager
    {
        private readonly ChunkingCookieManager _cookies = new();

        public string? GetRequestCookie(HttpContext context, string key) => _cookies.GetRequestCookie(context, Name(context, key));

        public void AppendResponseCookie(HttpContext context, string key, string? value, CookieOptions options) => _cookies.AppendResponseCookie(context, Name(context, key), value, options);

        public void DeleteCookie(HttpContext context, string key, CookieOptions options) => _cookies.DeleteCookie(context, Name(context, key), options);

        private static string Name(HttpContext context, string key) => context.Request.IsHttps ? "__Host-" + key : key;
    }
}
