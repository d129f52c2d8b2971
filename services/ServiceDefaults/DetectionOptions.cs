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

    /// <summary>A second model of the same vocabulary that reads along, for the criterion <c>binoculars</c>; named like <see cref="Model"/>. Default none.</summary>
    public string? Observer { get; set; }

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

    /// <summary>Where messages come from. Default and only choice of this release: <c>embedded</c>, the durable queue in <see cref="Data"/>.</summary>
    [AllowedValues("embedded", ErrorMessage = "must be embedded; other streams belong to a later release")]
    public string Stream { get; set; } = "embedded";

    /// <summary>Where verdicts and decisions are kept. Default and only choice of this release: <c>embedded</c>, the SQLite store in <see cref="Data"/>.</summary>
    [AllowedValues("embedded", ErrorMessage = "must be embedded; other stores belong to a later release")]
    public string Store { get; set; } = "embedded";

    /// <summary>First part of every topic and index name: lower-case letters, digits, <c>-</c>, <c>_</c>, <c>.</c>, at most 64. Default <c>detection</c>.</summary>
    [RegularExpression("[a-z0-9][a-z0-9._-]{0,63}", ErrorMessage = "must be lower-case letters, digits, '-', '_' or '.', at most 64, a letter or digit first")]
    public string Prefix { get; set; } = "detection";

    /// <summary>Which heads of a bundle judge: <c>default</c>, or <c>research</c> (trained on restricted sources too, not for commercial use). Default <c>default</c>.</summary>
    [AllowedValues("default", "research", ErrorMessage = "must be default or research")]
    public string Heads { get; set; } = "default";

    /// <summary>Folder of the bundles that may be loaded by name. Default none: the bundles that came with the program, and <c>models</c> in <see cref="Data"/>.</summary>
    public string? Bundles { get; set; }

    /// <summary>Messages expected in a day, 1 to 10^12; needed where a budget is given per day. Default none.</summary>
    [Range(1, 1_000_000_000_000)]
    public long? ExpectedPerDay { get; set; }

    public HttpOptions Http { get; set; } = new();

    /// <summary>What is held and what is looked at by a person.</summary>
    public RuleOptions Rule { get; set; } = new();

    /// <summary>How heads are retrained with what moderators decided.</summary>
    public TrainerOptions Trainer { get; set; } = new();

    private static string DefaultData() =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "detection");
}

/// <summary><c>Detection:Http</c>.</summary>
public sealed class HttpOptions
{
    /// <summary>Addresses to listen on, separated by <c>;</c>. Default <c>http://127.0.0.1:5080</c>. Loopback only: authentication belongs to a later release.</summary>
    [Required]
    public string Urls { get; set; } = "http://127.0.0.1:5080";

    /// <summary>Largest body of a request in bytes, 1 KiB to 1 GiB; a larger one gets 413. Default 25 MiB.</summary>
    [Range(typeof(long), "1024", "1073741824")]
    public long MaxBody { get; set; } = 25 << 20;
}

/// <summary><c>Detection:Rule</c>: conditions as <c>VerdictRule</c> reads them. The first list with a matching entry wins: hold, then review; else a message is allowed.</summary>
public sealed class RuleOptions
{
    /// <summary>Any of these: the message is held. Default none given: the rule that came with the program.</summary>
    public string[]? Hold { get; set; }

    /// <summary>Any of these: a person looks at it. Default none given: the rule that came with the program.</summary>
    public string[]? Review { get; set; }
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

    /// <summary>Most rows of one labelled file that teach, 10 to 1,000,000. Default 1,000.</summary>
    [Range(10, 1_000_000)]
    public int RowsPerSource { get; set; } = 1_000;
}
