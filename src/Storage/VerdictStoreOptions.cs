using System.ComponentModel.DataAnnotations;

namespace Detection.Storage;

/// <summary>How verdicts are kept in the embedded store.</summary>
public sealed record VerdictStoreOptions
{
    /// <summary>The data folder; made where it is missing. Must be on a local disk: SQLite's log does not work over network file systems. No default.</summary>
    [Required]
    public required string Folder { get; init; }

    /// <summary>The store's file in <see cref="Folder"/>. Default <c>verdicts.db</c>.</summary>
    [Required, RegularExpression("""[^/\\]+""")]
    public string File { get; init; } = "verdicts.db";

    /// <summary>What is kept of a message's words. Default all.</summary>
    [EnumDataType(typeof(StoredBodies))]
    public StoredBodies Bodies { get; init; }

    /// <summary>Packed token scores with more bytes (13 a token) are left out. Default 1 MiB, 0 to 64 MiB.</summary>
    [Range(0, 64 << 20)]
    public int MaxTokenScoreBytes { get; init; } = 1 << 20;

    /// <summary>A judged message whose JSON has more bytes is rejected. Default 32 MiB, 1 KiB to 256 MiB.</summary>
    [Range(1 << 10, 256 << 20)]
    public int MaxDocumentBytes { get; init; } = 32 << 20;

    /// <summary>Reads at one time. Default 4, 1 to 64.</summary>
    [Range(1, 64)]
    public int Readers { get; init; } = 4;

    /// <summary>How often watchers look for what other processes stored. Default 250 ms, 10 ms to 500 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:00.500", ParseLimitsInInvariantCulture = true)]
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a write waits for another process's. Default 30 s, 1 s to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    internal string FilePath => Path.Combine(Folder, File);
}
