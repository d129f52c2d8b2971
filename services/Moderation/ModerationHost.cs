using Detection.Moderation.Api;
using Detection.Moderation.Dashboard;
using Detection.Moderation.Login;
using Detection.ServiceDefaults;
using Detection.ServiceDefaults.Auth;
using Detection.Streaming.Kafka;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Hosting.StaticWebAssets;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Options;
using MudBlazor;
using MudBlazor.Services;

namespace Detection.Moderation;

/// <summary>The dashboard and its API over the configured store; no model.</summary>
public static class ModerationHost
{
    // Blazor and the component library set style attributes; scripts, fonts and everything else come from this server alone.
    private const string ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    public static IServiceCollection AddModeration(this IServiceCollection services, DetectionOptions options)
    {
        // Before who reads it.
        services.AddStore(options);
        services.AddSingleton<VerdictFeed>();
        services.AddHostedService(provider => provider.GetRequiredService<VerdictFeed>());
        services.AddSingleton<DecisionDesk>();
        services.AddSignIn();
        services.AddScoped<PageUser>();
        services.AddOpenApi("v1", document =>
        {
            document.AddSchemaTransformer(OpenApiShapes.Describe);
            document.AddSecurity(options.Auth);
        });
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddMudServices(mud =>
        {
            mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomCenter;
            mud.SnackbarConfiguration.VisibleStateDuration = 6_000;
            mud.SnackbarConfiguration.ShowTransitionDuration = 100;
            mud.SnackbarConfiguration.HideTransitionDuration = 100;
        });
        if (options.Retention is not { VerdictDays: null, DecisionDays: null }) services.AddHostedService<RetentionWorker>();
        if (options.Stream == "kafka")
        {
            services.AddSingleton(_ => new KafkaStates(ConfiguredStream.Kafka(options)));
            services.AddHostedService<DecisionPublisher>();
        }
        return services.AddStoreReadiness();
    }

    /// <summary>Pages under <c>/</c>, the API under <c>/api/v1</c>, <c>/openapi/v1.json</c>. Call after <see cref="ServiceHost.MapServiceDefaults"/>.</summary>
    public static WebApplication MapModeration(this WebApplication app)
    {
        app.Use((context, next) =>
        {
            context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
            return next(context);
        });
        FindAssets(app);
        app.UseAntiforgery();
        app.MapStaticAssets().Add(MayBeSeen);
        app.MapOpenApi("/openapi/{documentName}.json").RequireAuthorization(Scopes.Read);
        if (app.Services.GetRequiredService<IOptions<DetectionOptions>>().Value.Auth.UsersFile is { Length: > 0 }) app.MapLogin();
        var api = app.MapGroup("/api/v1").AddEndpointFilter(ContractResults.NameTheField);
        api.MapVerdicts();
        api.MapDecisions();
        api.MapErasures();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(server => server.ContentSecurityFrameAncestorsPolicy = null).RequireAuthorization(Scopes.Read);
        return app;
    }

    /// <summary>Who has not signed in gets what the page <c>/login</c> needs, our own files, and no other.</summary>
    private static void MayBeSeen(EndpointBuilder asset)
    {
        bool isOurs = asset is RouteEndpointBuilder { RoutePattern.RawText: { } path } && path.TrimStart('/').StartsWith("moderation/", StringComparison.Ordinal);
        asset.Metadata.Add(isOurs ? new AllowAnonymousAttribute() : new AuthorizeAttribute(Scopes.Read));
    }

    /// <summary>A published folder holds the assets beside the program, wherever it is started from; a build's output names the packages and projects they lie in.</summary>
    private static void FindAssets(WebApplication app)
    {
        string published = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        if (Directory.Exists(published)) app.Environment.WebRootFileProvider = new PhysicalFileProvider(published);
        StaticWebAssetsLoader.UseStaticWebAssets(app.Environment, app.Configuration);
    }
}
