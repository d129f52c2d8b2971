using Detection.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace Detection.Trainer;

/// <summary>Counts decisions and new samples and retrains when there are enough.</summary>
internal sealed partial class TrainerWorker(Retraining retraining, TrainedVersions versions, IOptions<DetectionOptions> options, TimeProvider time, ILogger<TrainerWorker> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wanted = options.Value.Trainer;
        if (wanted.Data is not { Length: > 0 })
        {
            NoData(log);
            return;
        }
        using var timer = new PeriodicTimer(wanted.Every, time);
        do
        {
            try
            {
                if (await retraining.NewAsync(stoppingToken) < wanted.NewDecisions) continue;
                Trained(log, await retraining.RunAsync(new LogLines(log), stoppingToken), versions.Folder);
            }
            catch (Exception failure) when (failure is not OperationCanceledException) { Failed(log, failure); }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(1, LogLevel.Information, "No Detection:Trainer:Data is configured: decisions are kept, nothing is retrained")]
    private static partial void NoData(ILogger log);

    [LoggerMessage(2, LogLevel.Information, "Trained version {Version} in {Folder}; it is used only when it is promoted")]
    private static partial void Trained(ILogger log, string version, string folder);

    [LoggerMessage(3, LogLevel.Error, "The training failed; the next try is at the next interval")]
    private static partial void Failed(ILogger log, Exception failure);

    [LoggerMessage(4, LogLevel.Information, "{Line}")]
    private static partial void Progressed(ILogger log, string line);

    private sealed class LogLines(ILogger log) : IProgress<string>
    {
        public void Report(string value) => Progressed(log, value);
    }
}
