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
}
