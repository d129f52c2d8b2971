using System.Text.Json;
using Detection.Contracts;
using Detection.Storage;
using Detection.Streaming;
using Detection.Streaming.Kafka;

namespace Detection.Moderation;

/// <summary>
/// Feeds the topic of decisions from the store's outbox: what is in force now, a record a message and content. At least once: a state is taken from the outbox only after the broker
/// has it, and the newest of a key comes last.
/// </summary>
internal sealed class DecisionPublisher(IDecisionOutbox outbox, KafkaStates topic, TimeProvider time, ILogger<DecisionPublisher> log) : BackgroundService
{
    private const int Batch = 500;
    private const string Source = "detection/moderation", Type = "detection.decision.v1";
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
            try
            {
                while (await PublishAsync(stoppingToken) == Batch) { }
            }
            catch (Exception failure) when (failure is not OperationCanceledException) { ModerationLog.PublishFailed(log, failure.GetType().Name); }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<int> PublishAsync(CancellationToken cancellation)
    {
        var states = await outbox.PendingDecisionsAsync(Batch, cancellation);
        if (states.Count == 0) return 0;
        await topic.SendAsync([.. states.Select(Record)], cancellation);
        await outbox.PublishedAsync(states, cancellation);
        return states.Count;
    }

    private OutgoingRecord Record(DecisionState state)
    {
        byte[] json = state.Summary is { } now
            ? JsonSerializer.SerializeToUtf8Bytes(new { state.MessageId, state.ContentSha256, now.Labels, now.Moderator, now.DecidedAt, now.DecisionId }, ContractJson.Options)
            : [];
        return CloudEventHeaders.ToRecord(CloudEventHeaders.Event($"{state.Key}:{state.Version}", Source, Type, state.Summary?.DecidedAt ?? time.GetUtcNow(), "application/json", json, state.Key));
    }
}
