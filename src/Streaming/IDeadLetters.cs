namespace Detection.Streaming;

/// <summary>What could not be processed, with its provenance, until a person looks at it.</summary>
public interface IDeadLetters
{
    Task<long> CountAsync(CancellationToken cancellation);

    /// <summary>Letters with an id above <paramref name="after"/> (0: from the oldest), oldest first, at most <paramref name="take"/> (1 to 1,000); their values are left out (empty).</summary>
    Task<IReadOnlyList<DeadLetter>> ListAsync(long after, int take, CancellationToken cancellation);

    /// <summary>One letter with its value, or null.</summary>
    Task<DeadLetter?> FindAsync(long id, CancellationToken cancellation);

    /// <summary>Puts letters back on the stream with their key, value, headers and original time, and takes them out of the dead letters, in one step. Answers how many; unknown ids are none.</summary>
    Task<int> RetryAsync(IReadOnlyList<long> ids, CancellationToken cancellation);
}
