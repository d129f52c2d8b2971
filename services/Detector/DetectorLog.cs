using Detection.Detectors;
using Detection.ServiceDefaults;

namespace Detection.Detector;

/// <summary>Every log line of the worker; none holds message content.</summary>
internal static partial class DetectorLog
{
    [LoggerMessage(1, LogLevel.Warning, "Dead letter from {Topic}/{Partition} at {Offset}: {Reason}")]
    public static partial void DeadLettered(ILogger log, string topic, int partition, long offset, string reason);

    [LoggerMessage(2, LogLevel.Warning, "The {What} does not answer ({Error}); trying again in {Pause}")]
    public static partial void Waiting(ILogger log, string what, TimeSpan pause, string error);

    [LoggerMessage(3, LogLevel.Warning, "{Warning}")]
    public static partial void Model(ILogger log, string warning);

    [LoggerMessage(4, LogLevel.Information, "Messages are judged by {Bundle} {Version} from now on")]
    public static partial void Switched(ILogger log, string bundle, string version);

    [LoggerMessage(5, LogLevel.Error, "{Bundle} {Version} was promoted and cannot be used; the version in use stays: {Reason}")]
    public static partial void Refused(ILogger log, string bundle, string version, string reason);

    [LoggerMessage(6, LogLevel.Warning, "Which version of {Bundle} is promoted cannot be seen ({Error})")]
    public static partial void AliasUnknown(ILogger log, string bundle, string error);

    [LoggerMessage(7, LogLevel.Information, "{Limit}")]
    private static partial void Limit(ILogger log, string limit);

    /// <summary>Where the budgets move nothing with these models.</summary>
    public static void Limits(ILogger log, DetectionOptions options, DetectionPipeline pipeline)
    {
        for (var one = pipeline; one is not null; one = one.Second)
            foreach (string limit in ConfiguredRule.Of(options).Limits(one.Source)) Limit(log, limit);
    }
}
