using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Detection.ServiceDefaults.Auth;

/// <summary>
/// Authentication and authorization of a host. A route names the scope that it needs, <c>RequireAuthorization(Scopes.Read)</c>; one that names none needs <c>admin</c>,
/// so that a route which was forgotten is closed.
/// </summary>
public static class AccessHost
{
    /// <summary>A rate limiter for <c>POST /login</c>: each try costs a slow hash.</summary>
    public const string LoginLimit = "login";

    /// <summary>The authentication scheme that signs people in and out.</summary>
    public const string CookieScheme = Access.Cookie;

    /// <summary>The cookie of a session; over TLS with <c>__Host-</c> before it.</summary>
    public const string CookieName = "detection";

    internal static void AddAccess(this IServiceCollection services)
    {
        services.AddSingleton<Access>();
        services.AddSingleton(static _ => new FailedAttempts(FailedAttempts.Every));
        services.AddOpening(static (provider, _) => Task.FromResult(provider.GetRequiredService<Access>()));
        services.AddAuthentication(Access.Either)
            .AddPolicyScheme(Access.Either, null, scheme => scheme.ForwardDefaultSelector = Scheme)
            .AddScheme<AuthenticationSchemeOptions, KeyAuthentication>(Access.Bearer, null);
        services.AddAuthorization();
        services.AddOptions<AuthorizationOptions>().Configure<Access>(AddPolicies);
        services.AddRateLimiter(static limits => limits.OnRejected = static (rejected, _) => new ValueTask(AccessProblem.TooManyAsync(rejected.HttpContext,
            rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(1), "Too many requests are waiting here already; try again later.")));
    }

    /// <summary>Sign-in by name and password with a cookie, for a host that has the page <c>/login</c>.</summary>
    public static IServiceCollection AddSignIn(this IServiceCollection services)
    {
        services.TryAddSingleton(static provider => new SignIn(provider.GetRequiredService<Access>(), new Lockout(provider.GetRequiredService<TimeProvider>()),
            provider.GetRequiredService<FailedAttempts>(), provider.GetRequiredService<ILogger<SignIn>>()));
        services.AddAuthentication().AddCookie(Access.Cookie, SessionCookie.Configure);
        services.Configure<AntiforgeryOptions>(static forms => forms.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest);
        services.AddRateLimiter(static limits => limits.AddPolicy(LoginLimit, static _ => RateLimitPartition.GetConcurrencyLimiter("", static _ => new ConcurrencyLimiterOptions
        {
            PermitLimit = Environment.ProcessorCount,
            QueueLimit = 64,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        })));
        return services;
    }

    internal static void UseAccess(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<DetectionOptions>>().Value.Auth.IsConfigured) app.Use(StoreNowhere);
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseRateLimiter();
    }

    /// <summary>What only some may see is kept by no cache; assets say for themselves how long they may be.</summary>
    private static Task StoreNowhere(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(static state =>
        {
            var headers = ((HttpContext)state).Response.Headers;
            if (headers.CacheControl.Count == 0) headers.CacheControl = "no-store";
            return Task.CompletedTask;
        }, context);
        return next(context);
    }

    private static string Scheme(HttpContext context)
    {
        var services = context.RequestServices;
        bool people = services.GetRequiredService<Access>().HasAccounts && services.GetService<SignIn>() is not null;
        return people && context.Request.Headers.Authorization.Count == 0 ? Access.Cookie : Access.Bearer;
    }

    private static void AddPolicies(AuthorizationOptions rules, Access access)
    {
        foreach (string scope in Scopes.All)
            rules.AddPolicy(scope, access.IsConfigured ? policy => policy.RequireAuthenticatedUser().RequireClaim(Access.ScopeClaim, scope, Scopes.Admin) : policy => policy.RequireAssertion(static _ => true));
        if (!access.IsConfigured) return;
        rules.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser()
            .RequireAssertion(asked => asked.Resource is HttpContext context && (context.GetEndpoint() is not RouteEndpoint || access.May(asked.User, Scopes.Admin))).Build();
    }
}
