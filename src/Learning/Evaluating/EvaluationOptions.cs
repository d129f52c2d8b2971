using System.ComponentModel.DataAnnotations;
using Detection.Learning.Data;

namespace Detection.Learning.Evaluating;

/// <summary>What <see cref="Evaluation"/> measures.</summary>
public sealed record EvaluationOptions
{
    public required LearningTask Task { get; init; }

    /// <summary>Labelled JSON lines.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Only this split, rows that taught included; null: every row that did not teach.</summary>
    public string? Split { get; init; }

    /// <summary>The final half, and published test splits whole; each look is logged in the data folder.</summary>
    public bool Final { get; init; }

    /// <summary>Most rows of a file, evenly over both answers; null: all. Default 200 for authorship, all elsewhere (0 takes the default). With attacks, of the whole sample.</summary>
    [Range(0, 1_000_000)]
    public int? Rows { get; init; } = 0;

    /// <summary>Folder of stored features, outside any checkout.</summary>
    public required string Features { get; init; }

    /// <summary>Where looks at the final half are logged.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Also trains TF-IDF with logistic regression on each file's own train rows, as the floor.</summary>
    public bool TfidfBaseline { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
