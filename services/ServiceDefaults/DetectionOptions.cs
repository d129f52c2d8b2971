using System.ComponentModel.DataAnnotations;

namespace Detection.ServiceDefaults;

/// <summary>
/// Everything that can be configured, under <c>Detection</c>: from <c>appsettings.json</c>, the environment (<c>Detection__Http__Urls</c>) and the command line,
/// the later winning. Bound once by <see cref="OptionsReader"/>; an unknown name or a value out of range stops the start.
/// </summary>
public sealed class DetectionOptions
{
    public const string Section = "Detection";

    /// <summary>Folder of everything embedded: queue, store, keys, measurements. Default <c>detection</c> in the user's data folder (<c>~/.local/share/detection</c>).</summary>
    [Required]
    public string Data { get; set; } = DefaultData();

    /// <summary>Model to judge with: the name of a bundle, a folder in Hugging Face layout, or a <c>.gguf</c> file. Default <c>compact</c>.</summary>
    [Required]
    public string Model { get; set; } = "compact";

    /// <summary>A second model of the same vocabulary that reads along, for the criteria <c>binoculars</c> and <c>fast_detectgpt_two</c>; named like <see cref="Model"/>. Default none.</summary>
    public string? Observer { get; set; }

    /// <summary>A second bundle, larger as a rule, named like <see cref="Model"/>: it judges what the first is not sure of, and its verdict stands. Default none.</summary>
    public string? Second { get; set; }

    /// <summary><c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>. Default <c>auto</c>: a CUDA device where there is one.</summary>
    [RegularExpression("auto|cpu|cuda(:[0-9]{1,2})?", ErrorMessage = "must be auto, cpu, cuda or cuda:N")]
    public string Device { get; set; } = "auto";

    /// <summary>Type of the arithmetic. Default <c>auto</c>: measured once per data folder among the types that the bundle carries heads for.</summary>
    [AllowedValues("auto", "float32", "bfloat16", ErrorMessage = "must be auto, float32 or bfloat16")]
    public string Dtype { get; set; } = "auto";

    /// <summary>Threads of the model, 0 to 1,024. Default 0: one for each core.</summary>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>How long the first message of a batch waits for others, 0 to 10 s. Default 5 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Where messages come from: <c>embedded</c>, the durable queue in <see cref="Data"/>, or <c>kafka</c>. Default <c>embedded</c>.</summary>
    [AllowedValues("embedded", "kafka", ErrorMessage = "must be embedded or kafka")]
    public string Stream { get; set; } = "embedded";

    /// <summary>Where verdicts and decisions are kept: <c>embedded</c>, the SQLite store in <see cref="Data"/>, or <c>elasticsearch</c> (OpenSearch is recognised by itself). Default <c>embedded</c>.</summary>
    [AllowedValues("embedded", "elasticsearch", ErrorMessage = "must be embedded or elasticsearch")]
    public string Store { get; set; } = "embedded";

    /// <summary>First part of every topic and index name: lower-case letters, digits, <c>-</c>, <c>_</c>, <c>.</c>, at most 64. Default <c>detection</c>.</summary>
    [RegularExpression("[a-z0-9][a-z0-9._-]{0,63}", ErrorMessage = "must be lower-case letters, digits, '-', '_' or '.', at most 64, a letter or digit first")]
    public string Prefix { get; set; } = "detection";

    /// <summary>Which heads of a bundle judge: <c>default</c>, or <c>research</c> (trained on restricted sources too, not for commercial use). Default <c>default</c>.</summary>
    [AllowedValues("default", "research", ErrorMessage = "must be default or research")]
    public string Heads { get; set; } = "default";

    /// <summary>Folder of the bundles that may be loaded by name. Default none: the bundles that came with the program, and <c>models</c> in <see cref="Data"/>.</summary>
    public string? Bundles { get; set; }

    /// <summary>How often a worker looks whether another version of its bundle was promoted, 1 s to 1 day. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan BundlesEvery { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Messages expected in a day, over all channels, 1 to 10^12; needed where a budget is given per day. Default none.</summary>
    [Range(1, 1_000_000_000_000)]
    public long? ExpectedPerDay { get; set; }

    /// <summary>Tries of a message whose judging fails, before it becomes a dead letter; 1 to 100. Default 5.</summary>
    [Range(1, 100)]
    public int Attempts { get; set; } = 5;

    /// <summary>What a store keeps of a message's words: <c>on</c>, <c>redacted</c> (addresses, numbers and links are masked) or <c>off</c> (no text and no tokens). Default <c>on</c>.</summary>
    [AllowedValues("on", "redacted", "off", ErrorMessage = "must be on, redacted or off")]
    public string Bodies { get; set; } = "on";

    /// <summary>
    /// Names (authserv-id, RFC 8601) of receiving servers of your own: their <c>Authentication-Results</c> are believed, and the time of their <c>Received</c>. Anyone can write such a header, so
    /// let them remove those of others. Default none: no result is believed.
    /// </summary>
    public string[]? TrustedReceivers { get; set; }

    /// <summary>A folder of secrets, one a file, named like the environment variables (<c>Detection__Kafka__Settings__sasl_password</c>). Default none.</summary>
    public string? Secrets { get; set; }

    public KafkaOptions Kafka { get; set; } = new();

    public ElasticsearchOptions Elasticsearch { get; set; } = new();

    public RetentionOptions Retention { get; set; } = new();

    public AuthOptions Auth { get; set; } = new();

    public HttpOptions Http { get; set; } = new();

    /// <summary>What is held and what is looked at by a person.</summary>
    public RuleOptions Rule { get; set; } = new();

    /// <summary>How many good messages may be held or shown to a person.</summary>
    public BudgetOptions Budget { get; set; } = new();

    /// <summary>How heads are retrained with what moderators decided.</summary>
    public TrainerOptions Trainer { get; set; } = new();

    private static string DefaultData() =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "detection");
}

/// <summary><c>Detection:Kafka</c>; used where <c>Detection:Stream</c> is <c>kafka</c>.</summary>
public sealed class KafkaOptions
{
    /// <summary>Addresses of some brokers, <c>host:port</c>, separated by commas. Default <c>localhost:9092</c>.</summary>
    [Required]
    public string BootstrapServers { get; set; } = "localhost:9092";

    /// <summary>The consumer group. Default none given: the prefix.</summary>
    public string? Group { get; set; }

    /// <summary>A name that this worker keeps over restarts (static membership): its partitions wait for it for a session timeout instead of moving at once. Default none.</summary>
    public string? InstanceId { get; set; }

    /// <summary>Whether verdicts go to the topic <c>PREFIX.verdicts</c>. Default true.</summary>
    public bool Verdicts { get; set; } = true;

    /// <summary>Verdicts and positions in one transaction: exactly one verdict a message for readers with <c>read_committed</c>. Default false.</summary>
    public bool Transactional { get; set; }

    /// <summary>How long the group waits for a silent worker, 1 s to 5 min. Default 6 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>Deliveries handed out and not finished, 1 to 1,000,000. Default 1,024.</summary>
    [Range(1, 1_000_000)]
    public int MaxInFlight { get; set; } = 1024;

    /// <summary>Bytes of the deliveries handed out and not finished, 64 KiB to 16 GiB. Default 64 MiB.</summary>
    [Range(typeof(long), "65536", "17179869184")]
    public long MaxInFlightBytes { get; set; } = 64L << 20;

    /// <summary>Takes a topic whose record times are set by senders; the months that verdicts are filed under can then be forged. Default false.</summary>
    public bool AllowProducerTime { get; set; }

    /// <summary>Any setting of librdkafka, dots as underscores where the name comes from the environment (<c>Detection__Kafka__Settings__sasl_mechanism</c>). Default none.</summary>
    public Dictionary<string, string> Settings { get; set; } = [];
}

/// <summary><c>Detection:Elasticsearch</c>; used where <c>Detection:Store</c> is <c>elasticsearch</c>.</summary>
public sealed class ElasticsearchOptions
{
    /// <summary>URLs of the nodes, separated by commas. Default <c>http://localhost:9200</c>.</summary>
    [Required]
    public string Nodes { get; set; } = "http://localhost:9200";

    /// <summary>An API key (base64 of <c>id:key</c>). Default none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>User and password where there is no API key. Default none.</summary>
    public string? Username { get; set; }

    public string? Password { get; set; }

    /// <summary>A PEM file of the authority that signed the nodes' certificates. Default none: the system's.</summary>
    public string? CertificateAuthority { get; set; }

    /// <summary>Shards of a month's index, 1 to 1,024. Default 1.</summary>
    [Range(1, 1024)]
    public int Shards { get; set; } = 1;

    /// <summary>Copies of each shard, 0 to 9. Default 1.</summary>
    [Range(0, 9)]
    public int Replicas { get; set; } = 1;

    /// <summary>How soon a stored verdict can be searched for, 100 ms to 1 min. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Documents in one bulk request, 1 to 10,000. Default 1,000.</summary>
    [Range(1, 10_000)]
    public int BulkDocuments { get; set; } = 1_000;

    /// <summary>Bytes in one bulk request, 64 KiB to 100 MiB. Default 8 MiB.</summary>
    [Range(typeof(long), "65536", "104857600")]
    public long BulkBytes { get; set; } = 8L << 20;

    /// <summary>How long the first document of a bulk request waits for others, 0 to 10 s. Default 20 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan BulkDelay { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How long one request may take, 1 s to 10 min. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary><c>Detection:Retention</c>: what is deleted by age; whole months where the store keeps months.</summary>
public sealed class RetentionOptions
{
    /// <summary>Days that verdicts are kept, 1 to 36,500. Default none: for ever.</summary>
    [Range(1, 36_500)]
    public int? VerdictDays { get; set; }

    /// <summary>Days that decisions are kept, 1 to 36,500. Default none: for ever.</summary>
    [Range(1, 36_500)]
    public int? DecisionDays { get; set; }

    /// <summary>How often is looked for what is too old, 1 min to 30 days. Default 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromHours(1);
}

/// <summary><c>Detection:Auth</c>: who may ask. Without it a service listens on loopback alone. Either file is enough; with one, nothing but the health routes answers without a credential.</summary>
public sealed class AuthOptions
{
    /// <summary>File of hashed bearer keys with scopes, written by <c>detection keys add</c>; a change is in force within a second. Default none.</summary>
    public string? KeysFile { get; set; }

    /// <summary>File of accounts with hashed passwords, written by <c>detection users add</c>; a change is in force within a second. Default none.</summary>
    public string? UsersFile { get; set; }

    internal bool IsConfigured => !string.IsNullOrEmpty(KeysFile) || !string.IsNullOrEmpty(UsersFile);
}

/// <summary><c>Detection:Http</c>.</summary>
public sealed class HttpOptions
{
    /// <summary>Addresses to listen on, separated by <c>;</c>. Default <c>http://127.0.0.1:5080</c>. Beyond loopback only with <see cref="AuthOptions"/>.</summary>
    [Required]
    public string Urls { get; set; } = "http://127.0.0.1:5080";

    /// <summary>Largest body of a request in bytes, 1 KiB to 1 GiB; a larger one gets 413. Default 25 MiB.</summary>
    [Range(typeof(long), "1024", "1073741824")]
    public long MaxBody { get; set; } = 25 << 20;

    /// <summary>
    /// Names by which clients may ask (the header <c>Host</c>), separated by <c>;</c>. Only with <see cref="AuthOptions"/>; loopback names always may, addresses where the service listens beyond loopback.
    /// Default none: any name where it listens beyond loopback.
    /// </summary>
    public string? Hosts { get; set; }

    /// <summary>Requests of <c>POST /api/v1/scan</c> worked on at once, 1 to 100,000; as many again wait, and more get 429 with <c>Retry-After</c>. Default 256.</summary>
    [Range(1, 100_000)]
    public int MaxScans { get; set; } = 256;
}

/// <summary><c>Detection:Rule</c>: conditions as <c>VerdictRule</c> reads them. The first list with a matching entry wins: hold, then review; else a message is allowed.</summary>
public sealed class RuleOptions
{
    /// <summary>Any of these: the message is held. Default none given: the rule that came with the program.</summary>
    public string[]? Hold { get; set; }

    /// <summary>Any of these: a person looks at it. Default none given: the rule that came with the program.</summary>
    public string[]? Review { get; set; }
}

/// <summary>
/// <c>Detection:Budget</c>: the false alarms that are accepted, for each channel by itself: a share of its good messages (<c>1/500</c>, <c>0.002</c>), a number a day of all messages
/// (<c>20/day</c>, with <see cref="DetectionOptions.ExpectedPerDay"/>), or <c>off</c>. Entries of the rule are made from them.
/// </summary>
public sealed class BudgetOptions
{
    /// <summary>Good messages that may be held, as phishing. Default none given: 1 in 500, unless <see cref="RuleOptions.Hold"/> is given.</summary>
    public string? Hold { get; set; }

    /// <summary>Good messages that a person may be shown; phishing, unwanted and machine-written text get a third each. Default none given: 1 in 50, unless <see cref="RuleOptions.Review"/> is given.</summary>
    public string? Review { get; set; }

    /// <summary>Budgets of single channels in place of <see cref="Hold"/>, by their names (<c>Detection:Budget:HoldIn:sms</c>). Default none.</summary>
    public Dictionary<string, string> HoldIn { get; set; } = [];

    /// <summary>Budgets of single channels in place of <see cref="Review"/>, by their names (<c>Detection:Budget:ReviewIn:chat</c>). Default none.</summary>
    public Dictionary<string, string> ReviewIn { get; set; } = [];
}

/// <summary><c>Detection:Trainer</c>.</summary>
public sealed class TrainerOptions
{
    /// <summary>Labelled files that decisions and new samples are added to; without them nothing is retrained. Default none.</summary>
    public string[]? Data { get; set; }

    /// <summary>Files of texts by people, as negatives and for calibration. Default none.</summary>
    public string[]? Corpus { get; set; }

    /// <summary>Decisions and new samples since the last training that start the next, 1 to 1,000,000. Default 50.</summary>
    [Range(1, 1_000_000)]
    public int NewDecisions { get; set; } = 50;

    /// <summary>How often the store is asked for new decisions, 1 s to 30 days. Default 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Looks once, trains if there is enough, and ends: for a scheduler such as cron. Default false.</summary>
    public bool Once { get; set; }

    /// <summary>Most rows of one labelled file that teach, 10 to 1,000,000. Default 1,000.</summary>
    [Range(10, 1_000_000)]
    public int RowsPerSource { get; set; } = 1_000;
}
