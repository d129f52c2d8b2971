using System.ComponentModel.DataAnnotations;

namespace Detection.Detector;

/// <summary>How messages are gathered into one batch of the model.</summary>
public sealed class JudgingOptions
{
    /// <summary>Messages in one batch. Default 64.</summary>
    [Range(1, 4096)]
    public int MaxBatch { get; set; } = 64;

    /// <summary>Characters of text in one batch, so that a few long mails are a batch of their own. Default 40,000.</summary>
    [Range(1_000, 10_000_000)]
    public int MaxBatchCharacters { get; set; } = 40_000;

    /// <summary>How long the first message of a batch waits for others. Default 5 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Messages waiting for the model; more wait at the door. Default 512.</summary>
    [Range(1, 100_000)]
    public int MaxWaiting { get; set; } = 512;
}
