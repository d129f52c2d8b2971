using Detection.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace Detection.Trainer;

/// <summary>Counts decisions and new samples and retrains when there are enough; once, or again and again.</summary>
internal sealed partial class TrainerWorker(Retraining retraining, TrainedVersions versions, IOptions<DetectionOptions> options, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<TrainerWorker> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wanted = options.Value.Trainer;
        if (wanted.Data is { Length: > 0 }) await LookAsync(wanted, stoppingToken);
        else NoData(log);
        // Not before the host has started: a stop in the middle of the start is a start that failed.
        if (wanted.Once) lifetime.ApplicationStarted.Register(lifetime.StopApplication);
    }

    private async Task LookAsync(TrainerOptions wanted, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(wanted.Every, time);
        do
        {
            try
            {
                if (await retraining.NewAsync(stoppingToken) < wanted.NewDecisions) continue;
                Trained(log, await retraining.RunAsync(new LogLines(log), stoppingToken), versions.Folder);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                Failed(log, failure);
                if (wanted.Once) Environment.ExitCode = 1;
            }
        }
        while (!wanted.Once && await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(1, LogLevel.Information, "No Detection:Trainer:Data is configured: decisions are kept, nothing is retrained")]
    private static partial void NoData(ILogger log);

    [LoggerMessage(2, LogLevel.Information, "Trained version {Version} in {Folder}; it is used only when it is promoted")]
    private static partial void Trained(ILogger log, string version, string folder);

    [LoggerMessage(3, LogLevel.Error, "The training failed; the next look tries again")]
    private static partial void Failed(ILogger log, Exception failure);

    [LoggerMessage(4, LogLevel.Information, "{Line}")]
    private static partial void Progressed(ILogger log, string line);

    private sealed class LogLines(ILogger log) : IProgress<string>
    {
        public void Report(string value) => Progressed(log, value);
    }
}
