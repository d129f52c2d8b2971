using Detection.Contracts;

namespace Detection.Learning.Data;

/// <summary>What a data set is about; a row of one task may carry labels that another task learns from too.</summary>
public enum LearningTask
{
    Synthetic,
    Spam,
    Manipulation,
}

/// <summary>One labelled text. A label that a source does not give is null: unknown, not absent.</summary>
public sealed record LabelledRow
{
    public required string Id { get; init; }

    /// <summary><c>task/file</c>, as <c>docs/data-licences.json</c> names it.</summary>
    public required string File { get; init; }

    /// <summary>1-based line in the file, for error messages.</summary>
    public int Line { get; init; }

    public required LearningTask Task { get; init; }

    /// <summary>As filed: the text that split and cluster rules count on.</summary>
    public required string Text { get; init; }

    /// <summary>The message as a reader would send it: <see cref="Message.Raw"/> where the row has the whole mail.</summary>
    public required Message Message { get; init; }

    /// <summary><c>train</c>, <c>dev</c> (also <c>valid</c>), <c>test</c>, <c>benchmark</c> or <c>audit</c>.</summary>
    public required string Split { get; init; }

    public bool? Machine { get; init; }
    public MailKind? Mail { get; init; }

    /// <summary>Heads that the source annotates, and which of them hold; null where it annotates none.</summary>
    public IReadOnlyDictionary<string, bool>? Techniques { get; init; }

    /// <summary>Where in <see cref="Text"/> the techniques are, as annotators marked them; null where the source marks no places.</summary>
    public IReadOnlyList<TechniqueSpan>? Spans { get; init; }

    public string? Generator { get; init; }
    public string Domain { get; init; } = "";

    /// <summary>Rows with one value belong together (account, article, dialogue, prompt pair) and are never split.</summary>
    public string? Group { get; init; }

    /// <summary><c>native</c> or <c>non-native</c>, for the audit of false alarms.</summary>
    public string? Writer { get; init; }

    public string? Variant { get; init; }
}

/// <summary>A place that carries a technique, in UTF-16 units of the row's text, end exclusive.</summary>
public sealed record TechniqueSpan(int Start, int End, string Technique);
