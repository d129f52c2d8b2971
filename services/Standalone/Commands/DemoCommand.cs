using System.CommandLine;
using Detection.ServiceDefaults;
using Detection.Standalone.Demo;
using Detection.Storage;
using Detection.Streaming;
using Microsoft.Extensions.DependencyInjection;

namespace Detection.Standalone.Commands;

/// <summary><c>demo</c>: the main job in one command, on a stream of samples; needs no server, no network, no account.</summary>
internal static class DemoCommand
{
    public static Command Create(Terminal terminal)
    {
        var once = new Option<bool>("--once") { Description = "Stops when the samples are through and prints a summary." };
        var pace = new Option<double?>("--pace") { Description = "Messages a second; 0: as fast as they are judged. Default 6, with --once 0." };
        var shared = new ModelOptions(second: true);
        var command = new Command("demo", "Streams the samples through queue, model, store and dashboard in this process.") { once, pace };
        shared.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var samples = SampleStream.Load(Path.Combine(AppContext.BaseDirectory, "samples"));
            var settings = shared.Settings(parsed).Concat(DemoSettings(terminal)).ToArray();
            await using var app = ServeCommand.Build("detection-demo", settings, out var options);
            await app.StartAsync(cancellation);
            await terminal.Error.WriteLineAsync($"Dashboard: {options.Http.Urls}");
            var run = ActivatorUtilities.CreateInstance<DemoRun>(app.Services, terminal, samples);
            await run.RunAsync(parsed.GetValue(pace) ?? (parsed.GetValue(once) ? 0 : 6), cancellation);
            run.Summarise(options.Data);
            if (!parsed.GetValue(once))
            {
                await terminal.Error.WriteLineAsync($"\nThe dashboard stays at {options.Http.Urls} until Ctrl-C.");
                try { await Task.Delay(Timeout.Infinite, cancellation); }
                catch (OperationCanceledException) { }
            }
            await app.StopAsync(CancellationToken.None);
            return CommandLine.Done;
        });
        return command;
    }

    /// <summary>A folder of its own inside the data folder, emptied at start, and the first free port from the configured one.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> DemoSettings(Terminal terminal)
    {
        var configured = Configuration.Read([]);
        string folder = Path.Combine(configured.Data, "demo");
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            Directory.CreateDirectory(folder);
            Configuration.ShareModels(configured.Data, folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException) { throw new UsageException($"The demo's folder {folder} cannot be emptied: {failure.Message}"); }
        string free = LoopbackAddress.FirstFree(configured.Http.Urls);
        if (free != configured.Http.Urls) terminal.Error.WriteLine($"{configured.Http.Urls} is taken; using {free}.");
        return
        [
            new("Detection:Data", folder),
            new("Detection:Http:Urls", free),
            // Verdicts are on the screen already; the log is for what goes wrong.
            new("Logging:LogLevel:Default", "Warning"),
        ];
    }
}
