using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Confluent.Kafka;

namespace Detection.Streaming.Kafka;

/// <summary>Makes librdkafka's clients: our defaults, then the user's settings, then what the stream's promises rest on.</summary>
/// <param name="warn">Lines for an operator; never message content.</param>
internal sealed class KafkaClients(KafkaStreamOptions options, Action<string> warn)
{
    private static readonly Dictionary<string, string> Owned = new()
    {
        ["bootstrap.servers"] = "BootstrapServers",
        ["metadata.broker.list"] = "BootstrapServers",
        ["group.id"] = "Group",
        ["group.instance.id"] = "InstanceId",
        ["session.timeout.ms"] = "SessionTimeout",
        ["auto.commit.interval.ms"] = "CommitInterval",
        ["transactional.id"] = "Transactional and InstanceId",
        ["enable.auto.commit"] = "",
        ["enable.auto.offset.store"] = "",
        ["enable.idempotence"] = "",
        ["acks"] = "",
        ["request.required.acks"] = "",
        ["isolation.level"] = "",
        ["enable.partition.eof"] = "",
        ["auto.offset.reset"] = "",
    };

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    /// <summary>librdkafka repeats an error that persists every 30 s.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, long> _said = [];
    private volatile Refusal? _refusal;

    public IAdminClient Admin() => Build(() => new AdminClientBuilder(With(new() { ["socket.timeout.ms"] = Milliseconds(options.RequestTimeout) }, []))
        .SetLogHandler((_, line) => Log(line)).SetErrorHandler((_, error) => Report(error)).Build());

    /// <summary>Idempotent; a record is on all replicas in sync when its report comes.</summary>
    public IProducer<byte[], byte[]> Producer(Action<string>? statistics = null) => Producer(new()
    {
        ["message.timeout.ms"] = Milliseconds(options.RequestTimeout),
    }, [], statistics);

    /// <param name="timeout">How long readers of committed records wait for a transaction whose producer died.</param>
    public IProducer<byte[], byte[]> TransactionalProducer(string id, TimeSpan timeout, Action<string>? statistics = null)
    {
        var producer = Producer(new() { ["transaction.timeout.ms"] = Milliseconds(timeout) }, new() { ["transactional.id"] = id }, statistics);
        try { Patiently(() => producer.InitTransactions(options.RequestTimeout)); }
        catch
        {
            producer.Dispose();
            throw;
        }
        return producer;
    }

    /// <summary>A call of a transaction that has run into its timeout goes on where it stopped when it is made again.</summary>
    public static void Patiently(Action call)
    {
        for (int tries = 0; ; tries++)
            try
            {
                call();
                return;
            }
            catch (KafkaRetriableException) when (tries < 3) { }
    }

    public ConsumerBuilder<byte[], byte[]> GroupConsumer(Action<string> statistics)
    {
        Dictionary<string, string> owned = new()
        {
            ["group.id"] = options.GroupName,
            ["session.timeout.ms"] = Milliseconds(options.SessionTimeout),
            ["auto.offset.reset"] = "earliest",
            ["enable.auto.commit"] = options.Transactional ? "false" : "true",
            ["auto.commit.interval.ms"] = Milliseconds(options.CommitInterval),
            ["enable.auto.offset.store"] = "false",
            ["isolation.level"] = "read_committed",
        };
        if (!string.IsNullOrEmpty(options.InstanceId)) owned["group.instance.id"] = options.InstanceId;
        return new ConsumerBuilder<byte[], byte[]>(With(new()
        {
            ["partition.assignment.strategy"] = "cooperative-sticky",
            ["heartbeat.interval.ms"] = Milliseconds(options.SessionTimeout / 4),
            ["statistics.interval.ms"] = "5000",
            // What librdkafka reads ahead, beside what is in flight.
            ["queued.max.messages.kbytes"] = "16384",
            ["fetch.max.bytes"] = "16777216",
            // A full partition is looked at again soon (the default of 1 s shows as gaps in throughput).
            ["fetch.queue.backoff.ms"] = "20",
        }, owned)).SetLogHandler((_, line) => Log(line)).SetStatisticsHandler((_, json) => statistics(json));
    }

    /// <summary>Reads given partitions to their ends, in no group.</summary>
    public IConsumer<byte[], byte[]> Reader() => Build(() => new ConsumerBuilder<byte[], byte[]>(With(new() { ["fetch.wait.max.ms"] = "50" }, new()
    {
        ["group.id"] = options.GroupName + ".reader",
        ["enable.auto.commit"] = "false",
        ["enable.partition.eof"] = "true",
        ["auto.offset.reset"] = "earliest",
        ["isolation.level"] = "read_committed",
    })).SetLogHandler((_, line) => Log(line)).SetErrorHandler((_, error) => Report(error)).Build());

    /// <exception cref="ValidationException">A setting that librdkafka does not know or does not take; it is named, its value is not shown where it may be a secret.</exception>
    public T Build<T>(Func<T> build)
    {
        try { return build(); }
        catch (Exception refused) when (refused is InvalidOperationException or ArgumentException or KafkaException)
        {
            string given = options.Settings.Count == 0 ? "" : $" (set: {string.Join(", ", options.Settings.Keys.Select(Name).Order(StringComparer.Ordinal))})";
            throw new ValidationException($"Kafka refuses a setting: {Masked(refused.Message)}{given}");
        }
    }

    /// <summary>A sentence with the server's address. Where a password or a certificate is refused a call only runs into its time limit; why is known from the connections.</summary>
    public StreamException Unavailable(string what, Exception inner) => new(StreamFault.Unavailable, _refusal is { } refusal && Stopwatch.GetElapsedTime(refusal.At) < Remembered
        ? $"No connection to Kafka at {options.BootstrapServers} comes about: {what}: {Masked(refusal.Reason)}"
        : $"Kafka at {options.BootstrapServers} does not answer: {what}: {Masked(Reason(inner))}", inner);

    private static string Reason(Exception failure) => failure is KafkaException { Error: var error } ? error.Reason : failure.Message;

    private IProducer<byte[], byte[]> Producer(Dictionary<string, string> defaults, Dictionary<string, string> owned, Action<string>? statistics)
    {
        defaults["linger.ms"] = "5";
        // The hash of Java's clients, so that a key lies in one partition whoever sends it.
        defaults["partitioner"] = "murmur2_random";
        defaults["queue.buffering.max.kbytes"] = "65536";
        defaults["message.max.bytes"] = (64 << 20).ToString(CultureInfo.InvariantCulture);
        if (statistics is not null) defaults["statistics.interval.ms"] = "5000";
        owned["enable.idempotence"] = "true";
        owned["acks"] = "all";
        return Build(() => new ProducerBuilder<byte[], byte[]>(With(defaults, owned)).SetLogHandler((_, line) => Log(line)).SetErrorHandler((_, error) => Report(error))
            .SetStatisticsHandler((_, json) => statistics?.Invoke(json)).Build());
    }

    private Dictionary<string, string> With(Dictionary<string, string> defaults, Dictionary<string, string> owned)
    {
        Dictionary<string, string> all = new(defaults)
        {
            ["client.id"] = "detection",
            ["socket.keepalive.enable"] = "true",
            ["reconnect.backoff.max.ms"] = "1000",
        };
        foreach (var (given, value) in options.Settings)
        {
            string name = Name(given);
            if (Owned.TryGetValue(name, out string? option))
                throw new ValidationException(option.Length > 0 ? $"Kafka setting {name} is made by the option {option}." : $"Kafka setting {name} cannot be changed: what the stream promises rests on it.");
            all[name] = value;
        }
        foreach (var (name, value) in owned) all[name] = value;
        all["bootstrap.servers"] = options.BootstrapServers;
        return all;
    }

    private static string Name(string given) => given.Trim().ToLowerInvariant().Replace('_', '.');

    private static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>Tells an operator of an error that librdkafka goes on trying to get over.</summary>
    public void Report(Error error)
    {
        if (error.Code is ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Ssl) _refusal = new Refusal(error.Reason, Stopwatch.GetTimestamp());
        Warn(error.Code.ToString(), error.Reason);
    }

    private void Log(LogMessage line)
    {
        // CONFWARN: a setting for consumers given to a producer, and the like; settings go to all clients here.
        if (line.Level <= SyslogLevel.Warning && line.Facility != "CONFWARN") Warn(line.Facility, line.Message);
    }

    private void Warn(string kind, string text)
    {
        lock (_said)
        {
            // A broker that is away is reported many times a second; once in a while is enough.
            if (_said.TryGetValue(kind, out long before) && Stopwatch.GetElapsedTime(before) < Silence) return;
            _said[kind] = Stopwatch.GetTimestamp();
        }
        warn($"Kafka: {Masked(text)}");
    }

    private string Masked(string text)
    {
        foreach (var (name, value) in options.Settings)
            if (IsSecret(Name(name)) && value.Length > 0) text = Regex.Replace(text, $@"(?<!\w){Regex.Escape(value)}(?!\w)", "***");
        return text;
    }

    private static bool IsSecret(string name) =>
        name.Contains("password", StringComparison.Ordinal) || name.Contains("secret", StringComparison.Ordinal) || name.EndsWith(".pem", StringComparison.Ordinal)
        || name.Contains("token", StringComparison.Ordinal) || name.Contains("config", StringComparison.Ordinal);

    /// <summary>Why no connection comes about: a password, a certificate.</summary>
    private sealed record Refusal(string Reason, long At);
}
