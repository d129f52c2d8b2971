using Detection.ServiceDefaults;
using Detection.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Detection.Moderation.Api;

/// <summary>What the OpenAPI document says of who may ask: the ways to prove it that are configured, and the scope that each operation wants. Nothing where nobody is asked.</summary>
internal static class OpenApiSecurity
{
    private const string Key = "key", Session = "session";

    public static void AddSecurity(this OpenApiOptions document, AuthOptions auth)
    {
        var schemes = Schemes(auth);
        if (schemes.Count == 0) return;
        document.AddDocumentTransformer((described, _, _) =>
        {
            described.Components ??= new OpenApiComponents();
            described.Components.SecuritySchemes = schemes;
            return Task.CompletedTask;
        });
        document.AddOperationTransformer((operation, context, _) =>
        {
            // As the host has it: a route that names no scope is open to admin alone.
            string scope = context.Description.ActionDescriptor.EndpointMetadata.OfType<IAuthorizeData>().LastOrDefault()?.Policy ?? Scopes.Admin;
            // One of them is enough.
            operation.Security = [.. schemes.Keys.Select(scheme => new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [scope] })];
            operation.Responses ??= [];
            operation.Responses["401"] = new OpenApiResponse { Description = "No credential, or none that is valid." };
            operation.Responses["403"] = new OpenApiResponse { Description = $"The credential lacks the scope {scope}." };
            return Task.CompletedTask;
        });
    }

    private static Dictionary<string, IOpenApiSecurityScheme> Schemes(AuthOptions auth)
    {
        Dictionary<string, IOpenApiSecurityScheme> schemes = [];
        if (!string.IsNullOrEmpty(auth.KeysFile))
            schemes[Key] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = $"A key made by `detection keys add`. Scopes: {string.Join(", ", Scopes.All)}; {Scopes.Admin} implies the others." };
        if (!string.IsNullOrEmpty(auth.UsersFile))
            schemes[Session] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Cookie, Name = AccessHost.CookieName, Description = "The session of an account that signed in at `/login`; the name begins with `__Host-` over TLS." };
        return schemes;
    }
}
