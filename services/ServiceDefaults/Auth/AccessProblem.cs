using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Detection.ServiceDefaults.Auth;

/// <summary>Refusals as problem details (RFC 9457) with the headers of RFC 6750 and RFC 6585.</summary>
internal static class AccessProblem
{
    public static Task UnauthorizedAsync(HttpContext context, string? problem = null)
    {
        context.Response.Headers.WWWAuthenticate = problem is null ? "Bearer" : "Bearer error=\"invalid_token\"";
        return WriteAsync(context, StatusCodes.Status401Unauthorized, problem ?? "This needs a bearer key: Authorization: Bearer KEY.");
    }

    public static Task ForbiddenAsync(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer error=\"insufficient_scope\"";
        return WriteAsync(context, StatusCodes.Status403Forbidden, "The key or account lacks the scope that this needs.");
    }

    public static Task TooManyAsync(HttpContext context, TimeSpan wait, string problem)
    {
        context.Response.Headers.RetryAfter = Math.Ceiling(Math.Max(1, wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return WriteAsync(context, StatusCodes.Status429TooManyRequests, problem);
    }

    private static Task WriteAsync(HttpContext context, int status, string detail) => Results.Problem(detail, statusCode: status).ExecuteAsync(context);
}
