namespace Detection.Storage;

/// <summary>What a store forgets: one author on request, and what is too old.</summary>
public interface IStoreUpkeep
{
    /// <summary>
    /// Deletes every verdict with its message and token scores, and every decision on them, of one author, and leaves a record that it was done. What still waits on the stream comes again:
    /// ask when it is through.
    /// </summary>
    /// <param name="author">The whole id, name or address, whatever the case; 1 to 2,048 characters.</param>
    /// <param name="by">Who asks for it; kept in the record.</param>
    Task<Erasure> EraseAuthorAsync(string author, string by, CancellationToken cancellation);

    /// <summary>All records of erasures, oldest first.</summary>
    Task<IReadOnlyList<Erasure>> ErasuresAsync(CancellationToken cancellation);

    /// <summary>
    /// Deletes what is older than the policy says at <paramref name="now"/>: verdicts by the time they were taken (Elasticsearch: whole months, once their last day is too old; SQLite: by the time
    /// processed), decisions with their whole history, once the newest of it is too old.
    /// </summary>
    Task<Retained> RetainAsync(RetentionPolicy policy, DateTimeOffset now, CancellationToken cancellation);
}

/// <summary>A record that an author was erased. Of the author only a hash stays, by which a person who asks can be shown that it was done.</summary>
/// <param name="AuthorSha256">SHA-256 (lower-case hexadecimal) of the lower-case name asked for.</param>
/// <param name="By">Who asked.</param>
public sealed record Erasure(string AuthorSha256, string By, DateTimeOffset At, long Verdicts, long Decisions);

/// <summary>Days that verdicts and decisions are kept; null: for ever.</summary>
public sealed record RetentionPolicy(int? VerdictDays, int? DecisionDays);

/// <summary>What was deleted.</summary>
public sealed record Retained(long Verdicts, long Decisions);
