using Detection.Contracts;

namespace Detection.Storage;

/// <summary>
/// Verdicts, the decisions on them, search and aggregates. Verdict ids are idempotent: the first writer wins and a late duplicate never overwrites what a moderator said.
/// Implementations: SQLite (embedded), Elasticsearch and OpenSearch. One contract suite runs against all.
/// </summary>
public interface IVerdictStore : IAsyncDisposable
{
    /// <summary>Makes tables or indices and says whether the store answers.</summary>
    Task OpenAsync(CancellationToken cancellation);

    /// <summary>Completes when the store answers and what it holds is where it was opened.</summary>
    /// <exception cref="StoreException">Names the file or server that does not answer.</exception>
    Task CheckAsync(CancellationToken cancellation);

    /// <summary>Durable when the task completes; one outcome a message, in order. Per-message failures are outcomes; a store that is down throws.</summary>
    Task<IReadOnlyList<StoreOutcome>> StoreAsync(IReadOnlyList<JudgedMessage> judged, CancellationToken cancellation);

    /// <summary>The judged message with its current decision, or null.</summary>
    Task<JudgedMessage?> FindAsync(string verdictId, CancellationToken cancellation);

    /// <exception cref="ArgumentException">The message begins with the name of the query's field that cannot be used.</exception>
    Task<VerdictPage> SearchAsync(VerdictQuery query, CancellationToken cancellation);

    /// <summary>Counts of the verdicts that the query selects (its paging is ignored).</summary>
    Task<VerdictCounts> CountAsync(VerdictQuery query, CancellationToken cancellation);

    /// <summary>Verdicts as they are stored, from now on: the sequence ends only by cancellation. Other processes' writes are seen too, within a second (Elasticsearch: and the refresh interval).</summary>
    IAsyncEnumerable<JudgedMessage> WatchAsync(CancellationToken cancellation);

    /// <summary>
    /// Appends to the history and answers what is in force now, see <see cref="DecisionHistory"/>; null: nothing is. The same decision id again is no second decision.
    /// </summary>
    /// <exception cref="ArgumentException">The decision's message id or content is not that of its verdict.</exception>
    /// <exception cref="DecisionConflictException">What it undoes is unknown, or was undone already.</exception>
    /// <exception cref="KeyNotFoundException">The verdict is not in the store.</exception>
    Task<DecisionSummary?> DecideAsync(ModeratorDecision decision, CancellationToken cancellation);

    /// <summary>All decisions on one message and content, oldest first.</summary>
    Task<IReadOnlyList<ModeratorDecision>> HistoryAsync(string messageId, string contentSha256, CancellationToken cancellation);

    /// <summary>Every judged message with a decision in force, for training, in the order decided.</summary>
    IAsyncEnumerable<JudgedMessage> DecidedAsync(CancellationToken cancellation);
}

public enum StoreResult { Stored, AlreadyStored, Rejected }

/// <summary><paramref name="Reason"/> is set for a rejected message, which goes to the dead letters.</summary>
public sealed record StoreOutcome(StoreResult Result, string? Reason = null);

public sealed class DecisionConflictException(string message) : Exception(message);

/// <summary>Null or empty: no condition. All conditions must hold; of a list's entries one is enough.</summary>
public sealed record VerdictQuery
{
    /// <summary>Words, all of which must occur in subject, text or author; case and diacritics do not matter, no character has a meaning. At most 1,000 characters.</summary>
    public string? Text { get; init; }
    public IReadOnlyList<VerdictAction> Actions { get; init; } = [];
    public IReadOnlyList<Channel> Channels { get; init; } = [];
    public IReadOnlyList<Authorship> Authorship { get; init; } = [];
    public IReadOnlyList<MailKind> Mail { get; init; } = [];
    public IReadOnlyList<string> Techniques { get; init; } = [];
    public string? MessageId { get; init; }

    /// <summary>The whole id, name or address, whatever the case.</summary>
    public string? Author { get; init; }
    public bool? HasDecision { get; init; }

    /// <summary>Processed at this time or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Processed before this time.</summary>
    public DateTimeOffset? Before { get; init; }
    public VerdictOrder Order { get; init; }

    /// <summary>At most this many; 1 to 500.</summary>
    public int Take { get; init; } = 50;

    /// <summary>The cursor of the page before (<see cref="VerdictPage.Next"/>); opaque.</summary>
    public string? After { get; init; }
}

/// <summary>Newest: by the time processed. MostSuspicious: by action (hold, review, allow), then by the largest of the four scores.</summary>
public enum VerdictOrder { Newest, MostSuspicious }

/// <summary>Items without token scores; <paramref name="Next"/> is null on the last page.</summary>
public sealed record VerdictPage(IReadOnlyList<VerdictHit> Items, string? Next);

/// <summary>Highlights are pieces of the stored text around the words searched for, with the hits' offsets in the piece; plain text, never markup.</summary>
public sealed record VerdictHit(JudgedMessage Judged, IReadOnlyList<Highlight> Highlights);

public sealed record Highlight(string Field, string Piece, IReadOnlyList<(int Start, int End)> Hits);

public sealed record VerdictCounts(long Total, IReadOnlyDictionary<string, long> ByAction, IReadOnlyDictionary<string, long> ByChannel, IReadOnlyDictionary<string, long> ByTechnique, IReadOnlyList<HourCount> ByHour)
{
    /// <summary>The twenty campaigns with the most verdicts, most first.</summary>
    public IReadOnlyDictionary<string, long> ByCampaign { get; init; } = new Dictionary<string, long>();

    /// <summary>The twenty authors with the most verdicts, most first: by address, else id, else name; lower-case.</summary>
    public IReadOnlyDictionary<string, long> ByAccount { get; init; } = new Dictionary<string, long>();
}

public sealed record HourCount(DateTimeOffset Hour, long Allow, long Review, long Hold);
