using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Detection.Streaming.Kafka;

/// <summary>A topic as it should be. <paramref name="Partitions"/> and <paramref name="Replicas"/>: -1 leaves them to the broker's default.</summary>
public sealed record TopicPlan(string Name, int Partitions, short Replicas, IReadOnlyDictionary<string, string> Settings);

/// <summary>The topics of a prefix: makes what is missing, and says what differs from the plan.</summary>
public sealed class KafkaTopics : IDisposable
{
    private static readonly TimeSpan FencedPause = TimeSpan.FromSeconds(1);

    private readonly KafkaStreamOptions _options;
    private readonly KafkaClients _clients;
    private readonly Lock _gate = new();
    private IAdminClient _admin;
    private bool _disposed;

    /// <param name="warn">Lines for an operator, for example that a broker does not answer.</param>
    /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">A setting that librdkafka does not know or take.</exception>
    public KafkaTopics(KafkaStreamOptions options, Action<string>? warn = null) : this(options, new KafkaClients(options, warn ?? (_ => { }))) { }

    internal KafkaTopics(KafkaStreamOptions options, KafkaClients clients)
    {
        (_options, _clients) = (options, clients);
        _admin = clients.Admin();
    }

    /// <summary>A worker's topics with <paramref name="partitions"/> partitions; the dead letters have one, so that they are listed oldest first.</summary>
    /// <param name="retention">How long messages and verdicts are kept; dead letters at least 30 days; the state of decisions for ever (compacted).</param>
    public static IReadOnlyList<TopicPlan> Plan(string prefix, int partitions, short replicas, TimeSpan retention)
    {
        string Kept(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        var letters = retention > TimeSpan.FromDays(30) ? retention : TimeSpan.FromDays(30);
        return
        [
            // The broker's time: the month that a verdict is filed under must not be the sender's choice. Mails of 25 MiB, as JSON in base64.
            new(prefix + ".messages", partitions, replicas, new Dictionary<string, string> { ["message.timestamp.type"] = "LogAppendTime", ["cleanup.policy"] = "delete", ["retention.ms"] = Kept(retention), ["max.message.bytes"] = $"{36 << 20}" }),
            new(prefix + ".verdicts", partitions, replicas, new Dictionary<string, string> { ["cleanup.policy"] = "delete", ["retention.ms"] = Kept(retention), ["max.message.bytes"] = $"{8 << 20}" }),
            new(prefix + ".decisions", partitions, replicas, new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["max.message.bytes"] = $"{1 << 20}" }),
            // A letter is its record and the reason.
            new(prefix + ".messages.dlt", 1, replicas, new Dictionary<string, string> { ["cleanup.policy"] = "delete", ["retention.ms"] = Kept(letters), ["max.message.bytes"] = $"{37 << 20}" }),
        ];
    }

    /// <summary>Makes the topics that are missing; those that exist stay as they are. Answers the names of the new ones.</summary>
    /// <exception cref="StreamException">The brokers do not answer, or refuse.</exception>
    public async Task<IReadOnlyList<string>> CreateAsync(IReadOnlyList<TopicPlan> plan)
    {
        var existing = await DescribeAsync([.. plan.Select(topic => topic.Name)]).ConfigureAwait(false);
        var missing = plan.Where(topic => !existing.ContainsKey(topic.Name)).ToList();
        if (missing.Count == 0) return [];
        for (var left = _options.RequestTimeout; !await TryCreateAsync(missing, mayWait: left > TimeSpan.Zero).ConfigureAwait(false); left -= FencedPause) await Task.Delay(FencedPause).ConfigureAwait(false);
        string[] made = [.. missing.Select(topic => topic.Name)];
        await UntilKnownAsync(made).ConfigureAwait(false);
        return made;
    }

    /// <summary>False: all brokers are fenced, as one is that was too busy to give a sign of life in time; the next sign makes it a broker again.</summary>
    private async Task<bool> TryCreateAsync(List<TopicPlan> missing, bool mayWait)
    {
        try
        {
            await AskAsync(async admin =>
            {
                await admin.CreateTopicsAsync(missing.Select(topic => new TopicSpecification { Name = topic.Name, NumPartitions = topic.Partitions, ReplicationFactor = topic.Replicas, Configs = topic.Settings.ToDictionary() }),
                new CreateTopicsOptions { RequestTimeout = _options.RequestTimeout, OperationTimeout = _options.RequestTimeout }).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
        }
        catch (CreateTopicsException failure) when (failure.Results.All(result => !result.Error.IsError || result.Error.Code == ErrorCode.TopicAlreadyExists)) { }   // another was first
        catch (CreateTopicsException failure) when (mayWait && failure.Results.Any(result => result.Error.Code == ErrorCode.InvalidReplicationFactor && result.Error.Reason.Contains("fenced", StringComparison.Ordinal))) { return false; }
        catch (CreateTopicsException failure)
        {
            var refused = failure.Results.First(result => result.Error.IsError && result.Error.Code != ErrorCode.TopicAlreadyExists);
            throw new StreamException(StreamFault.Unavailable, $"Kafka at {_options.BootstrapServers} does not make the topic {refused.Topic}: {refused.Error.Reason}", failure);
        }
        catch (KafkaException failure) { throw _clients.Unavailable("making topics", failure); }
        return true;
    }

    /// <summary>A sentence for each thing that is not as planned; none: all is. A partition count or replica count of -1 is not looked at.</summary>
    public async Task<IReadOnlyList<string>> CheckAsync(IReadOnlyList<TopicPlan> plan)
    {
        var existing = await DescribeAsync([.. plan.Select(topic => topic.Name)]).ConfigureAwait(false);
        var settings = await SettingsAsync([.. existing.Keys]).ConfigureAwait(false);
        return [.. plan.SelectMany(topic => existing.TryGetValue(topic.Name, out var found) ? Differences(topic, found, settings[topic.Name]) : [$"{topic.Name} does not exist."])];
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _admin.Dispose();
        }
    }

    /// <summary>How many partitions a topic has; 0: there is no such topic.</summary>
    internal async Task<int> PartitionsAsync(string topic) => (await DescribeAsync([topic]).ConfigureAwait(false)).TryGetValue(topic, out var found) ? found.Partitions.Count : 0;

    /// <summary>The settings in force, by topic.</summary>
    internal async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> SettingsAsync(IReadOnlyList<string> topics)
    {
        if (topics.Count == 0) return new Dictionary<string, IReadOnlyDictionary<string, string>>();
        try
        {
            var described = await AskAsync(admin => admin.DescribeConfigsAsync(topics.Select(topic => new ConfigResource { Name = topic, Type = ResourceType.Topic }), new DescribeConfigsOptions { RequestTimeout = _options.RequestTimeout })).ConfigureAwait(false);
            return described.ToDictionary(topic => topic.ConfigResource.Name, topic => (IReadOnlyDictionary<string, string>)topic.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Value));
        }
        catch (KafkaException failure) { throw _clients.Unavailable("settings of topics", failure); }
    }

    /// <summary>Answers within 4 s: readiness gives a check 5 s, and would say no more than that they ran out.</summary>
    internal async Task PingAsync()
    {
        try { await AskAsync(admin => admin.DescribeClusterAsync(new DescribeClusterOptions { RequestTimeout = TimeSpan.FromSeconds(Math.Min(4, _options.RequestTimeout.TotalSeconds)) })).ConfigureAwait(false); }
        catch (KafkaException failure) { throw _clients.Unavailable("asked whether it is there", failure); }
    }

    /// <summary>A broker may hear of new topics a little after the controller has made them.</summary>
    private async Task UntilKnownAsync(IReadOnlyList<string> topics)
    {
        for (long started = Stopwatch.GetTimestamp(); ;)
            try
            {
                await SettingsAsync(topics).ConfigureAwait(false);
                return;
            }
            catch (StreamException unknown) when (unknown.InnerException is DescribeConfigsException && Stopwatch.GetElapsedTime(started) < _options.RequestTimeout)
            {
                await Task.Delay(50).ConfigureAwait(false);
            }
    }

    private async Task<IReadOnlyDictionary<string, TopicDescription>> DescribeAsync(IReadOnlyList<string> topics)
    {
        IReadOnlyList<TopicDescription> described;
        try { described = (await AskAsync(admin => admin.DescribeTopicsAsync(TopicCollection.OfTopicNames(topics), new DescribeTopicsOptions { RequestTimeout = _options.RequestTimeout })).ConfigureAwait(false)).TopicDescriptions; }
        catch (DescribeTopicsException some) { described = some.Results.TopicDescriptions; }
        catch (KafkaException failure) { throw _clients.Unavailable("asked for topics", failure); }
        foreach (var topic in described)
            if (topic.Error is { IsError: true, Code: not ErrorCode.UnknownTopicOrPart } refused) throw _clients.Unavailable(topic.Name, new KafkaException(refused));
        return described.Where(topic => !topic.Error.IsError).ToDictionary(topic => topic.Name);
    }

    /// <summary>A client that answers no more, or whose handle was closed under it, is made anew for the next question.</summary>
    private async Task<T> AskAsync<T>(Func<IAdminClient, Task<T>> ask)
    {
        IAdminClient admin;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            admin = _admin;
        }
        try { return await ask(admin).WaitAsync(3 * _options.RequestTimeout).ConfigureAwait(false); }
        catch (Exception gone) when (gone is TimeoutException or ObjectDisposedException)
        {
            Replace(admin);
            throw _clients.Unavailable("asked as administrator", gone);
        }
    }

    private void Replace(IAdminClient gone)
    {
        lock (_gate)
        {
            if (_disposed || _admin != gone) return;
            _admin = _clients.Admin();
        }
        _ = DisposeLaterAsync(gone);
    }

    /// <summary>Another question may still be under way on it, and librdkafka reads freed memory where a handle goes under a call: all of them have an answer or have given up by then.</summary>
    private async Task DisposeLaterAsync(IAdminClient gone)
    {
        await Task.Delay(3 * _options.RequestTimeout).ConfigureAwait(false);
        gone.Dispose();
    }

    private static IEnumerable<string> Differences(TopicPlan plan, TopicDescription found, IReadOnlyDictionary<string, string> settings)
    {
        if (plan.Partitions > 0 && found.Partitions.Count != plan.Partitions) yield return $"{plan.Name} has {found.Partitions.Count} partitions, not {plan.Partitions}.";
        int replicas = found.Partitions.Min(partition => partition.Replicas.Count);
        if (plan.Replicas > 0 && replicas != plan.Replicas) yield return $"{plan.Name} has {replicas} replicas of a partition, not {plan.Replicas}.";
        foreach (var (name, value) in plan.Settings)
            if (settings.GetValueOrDefault(name) is var set && set != value) yield return $"{plan.Name} has {name}={set ?? "(nothing)"}, not {value}.";
    }
}
