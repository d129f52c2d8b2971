using System.CommandLine;
using Detection.Detector;
using Detection.Moderation;
using Detection.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace Detection.Standalone.Commands;

/// <summary><c>serve</c>: everything in one process on embedded parts, for real use.</summary>
internal static class ServeCommand
{
    public static Command Create(Terminal terminal)
    {
        var urls = new Option<string>("--urls") { Description = "Address to listen on; beyond loopback only with keys or accounts.", HelpName = "URL" };
        var data = new Option<string>("--data") { Description = "Folder of queue, store and keys.", HelpName = "FOLDER" };
        var shared = new ModelOptions(observer: true, second: true);
        var command = new Command("serve", "Runs the HTTP API, the worker and the dashboard in one process.") { urls, data };
        shared.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var settings = shared.Settings(parsed).ToList();
            if (parsed.GetValue(urls) is { } url) settings.Add(new("Detection:Http:Urls", url));
            if (parsed.GetValue(data) is { } folder) settings.Add(new("Detection:Data", folder));
            var app = Build("detection", settings, out var options);
            // Once it listens: an address that does not answer helps nobody.
            string listening = $"Dashboard: {options.Http.Urls}   data: {options.Data}";
            app.Lifetime.ApplicationStarted.Register(() => terminal.Error.WriteLine(listening));
            return await app.RunServiceAsync(cancellation);
        });
        return command;
    }

    /// <summary>All parts in one application; not started.</summary>
    internal static WebApplication Build(string service, IEnumerable<KeyValuePair<string, string?>> settings, out DetectionOptions options)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection(settings);
        options = builder.AddServiceDefaults(service);
        builder.Services.AddDetector(options).AddModeration(options);
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapDetector();
        app.MapModeration();
        return app;
    }
}
