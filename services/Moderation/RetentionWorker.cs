using Detection.ServiceDefaults;
using Detection.Storage;
using Microsoft.Extensions.Options;

namespace Detection.Moderation;

/// <summary>Deletes what is older than <c>Detection:Retention</c> keeps, at the start and then at its interval.</summary>
internal sealed class RetentionWorker(IStoreUpkeep store, IOptions<DetectionOptions> options, TimeProvider time, ILogger<RetentionWorker> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var kept = options.Value.Retention;
        using var timer = new PeriodicTimer(kept.Every, time);
        do
            try
            {
                var gone = await store.RetainAsync(new RetentionPolicy(kept.VerdictDays, kept.DecisionDays), time.GetUtcNow(), stoppingToken);
                if (gone.Verdicts + gone.Decisions > 0) ModerationLog.Retained(log, gone.Verdicts, gone.Decisions);
            }
            catch (Exception failure) when (failure is not OperationCanceledException) { ModerationLog.RetainFailed(log, failure.GetType().Name); }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
