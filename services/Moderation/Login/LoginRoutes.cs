using System.Globalization;
using Detection.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Detection.Moderation.Login;

/// <summary><c>/login</c> and <c>/logout</c>: plain forms, no script needed.</summary>
internal static class LoginRoutes
{
    private const string Wrong = "Name or password is wrong.";
    private const int MaxForm = 16 * 1024;

    public static void MapLogin(this IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        open.MapGet("/login", static (HttpContext context, IAntiforgery forms, string? returnUrl) => Page(context, forms, returnUrl));
        open.MapPost("/login", SignInAsync).RequireRateLimiting(AccessHost.LoginLimit).WithMetadata(new RequestSizeLimitAttribute(MaxForm));
        open.MapPost("/logout", SignOutAsync).WithMetadata(new RequestSizeLimitAttribute(MaxForm));
    }

    private static async Task<IResult> SignInAsync(HttpContext context, IAntiforgery forms, SignIn signIn)
    {
        if (!context.Request.HasFormContentType) return Results.Problem("The body must be the form of /login.", statusCode: StatusCodes.Status415UnsupportedMediaType);
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        string name = form["name"].ToString(), password = form["password"].ToString(), returnUrl = form["returnUrl"].ToString();
        if (!await forms.IsRequestValidAsync(context)) return Page(context, forms, returnUrl, name, "This page was open for too long. Please try again.", StatusCodes.Status400BadRequest);

        var (user, wait) = signIn.Check(name, password, context.Connection.RemoteIpAddress);
        if (user is not null)
        {
            await context.SignInAsync(AccessHost.CookieScheme, user);
            return Results.LocalRedirect(Local(returnUrl));
        }
        if (wait <= TimeSpan.Zero) return Page(context, forms, returnUrl, name, Wrong, StatusCodes.Status401Unauthorized);
        int seconds = (int)Math.Ceiling(wait.TotalSeconds);
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return Page(context, forms, returnUrl, name, $"Too many tries. Please wait {(seconds < 60 ? "a minute" : $"{(seconds + 59) / 60} minutes")}.", StatusCodes.Status429TooManyRequests);
    }

    /// <summary>A form of a session that is over already leads to the same page.</summary>
    private static async Task<IResult> SignOutAsync(HttpContext context, IAntiforgery forms, Access access)
    {
        if (await forms.IsRequestValidAsync(context))
        {
            access.SignOut(context.User);
            await context.SignOutAsync(AccessHost.CookieScheme);
        }
        return Results.LocalRedirect("/login");
    }

    private static RazorComponentResult<LoginPage> Page(HttpContext context, IAntiforgery forms, string? returnUrl, string? name = null, string? problem = null, int status = StatusCodes.Status200OK) =>
        new(new Dictionary<string, object?>
        {
            [nameof(LoginPage.Token)] = forms.GetAndStoreTokens(context),
            [nameof(LoginPage.ReturnUrl)] = Local(returnUrl),
            [nameof(LoginPage.Name)] = name,
            [nameof(LoginPage.Problem)] = problem,
        })
        { StatusCode = status };

    /// <summary>An address of this server; else its first page.</summary>
    private static string Local(string? address) =>
        address is ['/', ..] and not ['/', '/' or '\\', ..] && !address.Any(char.IsControl) ? address : "/";
}
