using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Detection.ServiceDefaults;

/// <summary>
/// A page of another site must not reach this server through the user's browser: the Host header must be loopback (DNS rebinding), and whatever changes
/// something or opens a web socket must come from the same origin. Programs send neither <c>Origin</c> nor <c>Sec-Fetch-Site</c> and are not concerned.
/// With authentication other hosts may be named: a page whose name was rebound has no cookie here.
/// </summary>
internal sealed class LoopbackGuard(RequestDelegate next, IOptions<DetectionOptions> options, Listening listening)
{
    private readonly string[] _hosts = options.Value.Http.Hosts?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!IsLoopback(request.Host.Host) && !IsNamed(request.Host.Host))
            return RefuseAsync(context, StatusCodes.Status421MisdirectedRequest, "Host", "This server answers only to loopback names such as 127.0.0.1 and localhost, and to the names of Detection:Http:Hosts.");
        if (!IsHarmless(request) && !IsSameOrigin(request)) return RefuseAsync(context, StatusCodes.Status403Forbidden, "Origin", "A page of another origin may not change anything here.");
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        // Nothing to other sites. With no-referrer a browser would not name this one as the origin of our own forms either.
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return next(context);
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    /// <summary>An address cannot be rebound, only a name.</summary>
    private bool IsNamed(string host) =>
        _hosts.Contains(host, StringComparer.OrdinalIgnoreCase) || (listening.BeyondLoopback && (_hosts.Length == 0 || IPAddress.TryParse(host.Trim('[', ']'), out _)));

    private static bool IsHarmless(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method)) && !IsWebSocket(request);

    /// <summary>HTTP/1.1 asks by <c>Upgrade</c>, HTTP/2 by an extended <c>CONNECT</c>, whose method is not harmless anyway.</summary>
    private static bool IsWebSocket(HttpRequest request) => request.Headers.Upgrade.Count > 0;

    private static bool IsSameOrigin(HttpRequest request)
    {
        // Where a browser says it, it knows better than we do behind a proxy that ends TLS.
        string? site = request.Headers["Sec-Fetch-Site"];
        if (site is not null) return site is "same-origin" or "none";
        string? origin = request.Headers.Origin;
        return origin is null || origin.Equals($"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase);
    }

    private static Task RefuseAsync(HttpContext context, int status, string header, string detail) =>
        Results.Problem(detail, statusCode: status, extensions: new Dictionary<string, object?> { ["field"] = header }).ExecuteAsync(context);
}
