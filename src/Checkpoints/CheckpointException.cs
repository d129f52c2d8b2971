namespace Detection.Checkpoints;

/// <summary>A model file is refused: which file, which field of it, and why.</summary>
public sealed class CheckpointException : IOException
{
    public CheckpointException(string file, string field, string reason, Exception? cause = null)
        : base($"{System.IO.Path.GetFileName(file)}: {field}: {reason}", cause) => (File, Field, Reason) = (file, field, reason);

    public string File { get; }

    public string Field { get; }

    public string Reason { get; }
}
