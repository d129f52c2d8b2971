using Detection.Streaming;
using Detection.Streaming.Kafka;

namespace Detection.Tests.Streaming;

public sealed class KafkaTopicsTests(SharedKafka kafka)
{
    [Fact]
    public async Task Topics_are_made_once_and_what_differs_is_said_in_sentences()
    {
        using var data = new TemporaryFolder();
        string prefix = Path.GetFileName(data.Path);
        using var topics = new KafkaTopics(new() { BootstrapServers = await kafka.BootstrapServersAsync(), Prefix = prefix });
        var plan = KafkaTopics.Plan(prefix, 3, 1, TimeSpan.FromDays(7));
        Assert.Equal(plan.Select(topic => $"{topic.Name} does not exist."), await topics.CheckAsync(plan));
        Assert.Equal(plan.Select(topic => topic.Name), await topics.CreateAsync(plan));
        Assert.Empty(await topics.CreateAsync(plan));
        Assert.Empty(await topics.CheckAsync(plan));
        Assert.Equal(
        [
            $"{prefix}.messages has 3 partitions, not 4.", $"{prefix}.messages has retention.ms=604800000, not 691200000.",
            $"{prefix}.verdicts has 3 partitions, not 4.", $"{prefix}.verdicts has retention.ms=604800000, not 691200000.",
            $"{prefix}.decisions has 3 partitions, not 4.",
        ], await topics.CheckAsync(KafkaTopics.Plan(prefix, 4, -1, TimeSpan.FromDays(8))));
    }

    [Fact]
    public async Task A_topic_that_cannot_be_made_is_named()
    {
        using var data = new TemporaryFolder();
        string prefix = Path.GetFileName(data.Path);
        using var topics = new KafkaTopics(new() { BootstrapServers = await kafka.BootstrapServersAsync(), Prefix = prefix });
        var refused = await Assert.ThrowsAsync<StreamException>(() => topics.CreateAsync(KafkaTopics.Plan(prefix, 1, 9, TimeSpan.FromDays(7))));
        Assert.Contains(prefix + ".messages", refused.Message, StringComparison.Ordinal);
    }
}
