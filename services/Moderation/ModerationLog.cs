namespace Detection.Moderation;

/// <summary>Every log line of moderation; none holds message content.</summary>
internal static partial class ModerationLog
{
    [LoggerMessage(1, LogLevel.Warning, "Watching the store failed ({Error}); trying again in {Pause}")]
    public static partial void WatchFailed(ILogger log, string error, TimeSpan pause);

    [LoggerMessage(2, LogLevel.Information, "Decision {DecisionId} on verdict {VerdictId} by {Moderator}")]
    public static partial void Decided(ILogger log, string decisionId, string verdictId, string moderator);

    [LoggerMessage(3, LogLevel.Warning, "The page could not read the store ({Error})")]
    public static partial void PageFailed(ILogger log, string error);

    [LoggerMessage(4, LogLevel.Warning, "Decisions could not be published ({Error}); they stay in the outbox")]
    public static partial void PublishFailed(ILogger log, string error);

    [LoggerMessage(5, LogLevel.Information, "{Verdicts} verdicts and {Decisions} decisions were too old and are deleted")]
    public static partial void Retained(ILogger log, long verdicts, long decisions);

    [LoggerMessage(6, LogLevel.Warning, "What is too old could not be deleted ({Error}); the next try is at the next interval")]
    public static partial void RetainFailed(ILogger log, string error);
}
