using Detection.Moderation.Api;
using Detection.Moderation.Dashboard;
using Detection.ServiceDefaults;
using Detection.Storage;
using Microsoft.AspNetCore.Hosting.StaticWebAssets;
using MudBlazor;
using MudBlazor.Services;

namespace Detection.Moderation;

/// <summary>The dashboard and its API over whatever <see cref="IVerdictStore"/> the host registered; no model.</summary>
public static class ModerationHost
{
    // Blazor and the component library set style attributes; scripts, fonts and everything else come from this server alone.
    private const string ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>The host registers <see cref="IVerdictStore"/> and opens it.</summary>
    public static IServiceCollection AddModeration(this IServiceCollection services)
    {
        services.AddSingleton<VerdictFeed>();
        services.AddHostedService(provider => provider.GetRequiredService<VerdictFeed>());
        services.AddSingleton<DecisionDesk>();
        services.AddOpenApi("v1", document => document.AddSchemaTransformer(OpenApiShapes.Describe));
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddMudServices(mud =>
        {
            mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomCenter;
            mud.SnackbarConfiguration.VisibleStateDuration = 6_000;
            mud.SnackbarConfiguration.ShowTransitionDuration = 100;
            mud.SnackbarConfiguration.HideTransitionDuration = 100;
        });
        return services.AddReadiness("store", StoreAnswersAsync);
    }

    /// <summary>Pages under <c>/</c>, the API under <c>/api/v1</c>, <c>/openapi/v1.json</c>. Call after <see cref="ServiceHost.MapServiceDefaults"/>.</summary>
    public static WebApplication MapModeration(this WebApplication app)
    {
        app.Use((context, next) =>
        {
            context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
            return next(context);
        });
        // From a build's output (`dotnet run`) assets lie in the packages and projects they come from, in every environment; a published folder holds them itself.
        StaticWebAssetsLoader.UseStaticWebAssets(app.Environment, app.Configuration);
        app.UseAntiforgery();
        app.MapStaticAssets();
        app.MapOpenApi("/openapi/{documentName}.json");
        var api = app.MapGroup("/api/v1").AddEndpointFilter(ContractResults.NameTheField);
        api.MapVerdicts();
        api.MapDecisions();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(server => server.ContentSecurityFrameAncestorsPolicy = null);
        return app;
    }

    private static async Task<string?> StoreAnswersAsync(IServiceProvider services, CancellationToken cancellation)
    {
        try
        {
            await services.GetRequiredService<IVerdictStore>().SearchAsync(new VerdictQuery { Take = 1 }, cancellation);
            return null;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            return $"The store does not answer: {failure.GetType().Name}.";
        }
    }
}
