using System.Text.Json;
using Detection.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Detection.ServiceDefaults;

/// <summary>What every host has: options, telemetry, health, problem details, limits, and the rule that an open address needs authentication.</summary>
public static class ServiceHost
{
    /// <summary>Call first; the options are validated here and registered as <c>IOptions&lt;DetectionOptions&gt;</c>.</summary>
    /// <param name="service">Name of the service in telemetry, for example <c>moderation</c>.</param>
    /// <exception cref="InvalidOptionsException">An option is unknown or out of range.</exception>
    public static DetectionOptions AddServiceDefaults(this WebApplicationBuilder builder, string service)
    {
        builder.Configuration.AddSecrets();
        var options = OptionsReader.Read(builder.Configuration);
        if (!string.IsNullOrEmpty(options.Http.Hosts) && !options.Auth.IsConfigured)
            throw new InvalidOptionsException("Detection:Http:Hosts needs authentication: without Detection:Auth:KeysFile or Detection:Auth:UsersFile only loopback names are answered");
        builder.Services.AddSingleton(Options.Create(options));
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.AddTelemetry(service);
        builder.AddListening(options);
        builder.Services.AddAccess();
        builder.Services.AddHealthChecks();
        builder.Services.AddProblemDetails();
        builder.Services.AddDataProtection().SetApplicationName("Detection").PersistKeysToFileSystem(KeyFolder(options));
        return options;
    }

    /// <summary>Errors as problem details, the loopback guard, authentication, <c>/health/live</c>, <c>/health/ready</c>, <c>/metrics</c>. Call before other routes are mapped.</summary>
    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = failure => failure is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError,
            SuppressDiagnosticsCallback = context => context.Exception is BadHttpRequestException,
        });
        app.UseStatusCodePages();
        app.UseMiddleware<LoopbackGuard>();
        app.UseAccess();
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync }).AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = WriteAsync }).AllowAnonymous();
        app.MapPrometheusScrapingEndpoint("/metrics").RequireAuthorization(Scopes.Read);
        app.Lifetime.ApplicationStarted.Register(() => WarnOfPlainText(app));
        return app;
    }

    private static void WarnOfPlainText(WebApplication app)
    {
        if (!app.Services.GetRequiredService<Listening>().BeyondLoopback) return;
        foreach (string url in app.Urls.Where(static url => Uri.TryCreate(url, UriKind.Absolute, out var address) && address is { Scheme: "http", IsLoopback: false }))
            AccessLog.PlainText(app.Services.GetRequiredService<ILogger<Access>>(), url);
    }

    /// <summary>One condition of <c>/health/ready</c>; <paramref name="reason"/> answers null when it holds, else why not, in a sentence. Parts in one host that need the same say so once.</summary>
    public static IServiceCollection AddReadiness(this IServiceCollection services, string name, Func<IServiceProvider, CancellationToken, Task<string?>> reason)
    {
        services.AddHealthChecks();
        return services.Configure<HealthCheckServiceOptions>(checks =>
        {
            if (checks.Registrations.Any(known => known.Name == name)) return;
            checks.Registrations.Add(new HealthCheckRegistration(name, provider => new Readiness(provider, reason), HealthStatus.Unhealthy, tags: null, TimeSpan.FromSeconds(5)));
        });
    }

    /// <summary>Done before the host takes requests, in the order registered; a failure stops the start.</summary>
    /// <param name="later">Failures that do not, for example a server that is not up yet: it is tried again until it works, and readiness says what is missing.</param>
    public static IServiceCollection AddOpening(this IServiceCollection services, Func<IServiceProvider, CancellationToken, Task> open, Func<Exception, bool>? later = null) =>
        services.AddSingleton<IHostedService>(provider => new Opening(provider, open, later ?? (static _ => false)));

    /// <summary>The main function of a service alone: builds it and runs it until it is stopped. What stops the start is a sentence on stderr, no stack trace.</summary>
    /// <param name="isBadInput">Failures that mean that what was configured cannot be used, for example a model; <see cref="InvalidOptionsException"/> always does.</param>
    /// <returns>The exit code: 0 stopped, 1 failed, 2 wrong options or input.</returns>
    public static async Task<int> MainAsync(Func<WebApplication> build, Func<Exception, bool>? isBadInput = null)
    {
        try { return await build().RunServiceAsync(); }
        catch (Exception failure) when (failure is InvalidOptionsException || isBadInput?.Invoke(failure) == true)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 2;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 1;
        }
    }

    /// <summary>Runs until stopped. An address that is taken or not allowed is one line on stderr, no stack trace.</summary>
    /// <returns>The exit code: 0 stopped, 1 the address is taken, 2 the options are wrong.</returns>
    public static async Task<int> RunServiceAsync(this WebApplication app, CancellationToken cancellation = default)
    {
        try
        {
            await using (app)
            {
                await app.StartAsync(cancellation);
                await app.WaitForShutdownAsync(cancellation);
            }
            return 0;
        }
        catch (InvalidOptionsException wrong)
        {
            await Console.Error.WriteLineAsync(wrong.Message);
            return 2;
        }
        catch (IOException taken) when (LoopbackAddress.IsTaken(taken))
        {
            await Console.Error.WriteLineAsync(LoopbackAddress.Explain(taken));
            return 1;
        }
    }

    private static DirectoryInfo KeyFolder(DetectionOptions options)
    {
        string path = Path.Combine(options.Data, "keys");
        try
        {
            return OperatingSystem.IsWindows()
                ? Directory.CreateDirectory(path)
                : Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOptionsException($"Detection:Data: {failure.Message.TrimEnd('.')}");
        }
    }

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        var checks = report.Entries.ToDictionary(entry => entry.Key, entry => new { status = entry.Value.Status.ToString(), reason = entry.Value.Description });
        return context.Response.WriteAsJsonAsync(new { status = report.Status.ToString(), checks }, JsonSerializerOptions.Web, context.RequestAborted);
    }

    private sealed class Opening(IServiceProvider services, Func<IServiceProvider, CancellationToken, Task> open, Func<Exception, bool> later) : BackgroundService
    {
        private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
        private bool _isOpen;

        public override async Task StartAsync(CancellationToken cancellationToken)
        {
            _isOpen = await TryAsync(cancellationToken);
            await base.StartAsync(cancellationToken);
        }

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            for (; !_isOpen; _isOpen = await TryAsync(stoppingToken)) await Task.Delay(Pause, services.GetRequiredService<TimeProvider>(), stoppingToken);
        }

        private async Task<bool> TryAsync(CancellationToken cancellation)
        {
            try
            {
                await open(services, cancellation);
                return true;
            }
            catch (Exception failure) when (later(failure)) { return false; }
        }
    }

    private sealed class Readiness(IServiceProvider services, Func<IServiceProvider, CancellationToken, Task<string?>> reason) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            await reason(services, cancellationToken) is { } why ? HealthCheckResult.Unhealthy(why) : HealthCheckResult.Healthy();
    }
}
