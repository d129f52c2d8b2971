using Detection.Contracts;

namespace Detection.Storage;

/// <summary>
/// What changed about decisions and was not published yet: kept with the decisions themselves, so that a crash between deciding and publishing loses nothing.
/// A publisher asks, publishes the states, and says so; a state may come again (at least once), and the newest of a message and content comes last.
/// </summary>
public interface IDecisionOutbox
{
    /// <summary>At most <paramref name="take"/> states, oldest change first. On Elasticsearch a change shows after the refresh interval.</summary>
    Task<IReadOnlyList<DecisionState>> PendingDecisionsAsync(int take, CancellationToken cancellation);

    /// <summary>Takes the states from the outbox, unless something was decided about the same message and content after they were read.</summary>
    Task PublishedAsync(IReadOnlyList<DecisionState> states, CancellationToken cancellation);
}

/// <summary>What is in force for a message and content.</summary>
/// <param name="Summary">Null: nothing is, or it was erased; the key is to be removed where states are kept.</param>
/// <param name="Version">Rises with every change; opaque.</param>
public sealed record DecisionState(string MessageId, string ContentSha256, DecisionSummary? Summary, long Version)
{
    /// <summary>Key on the decisions topic.</summary>
    public string Key => $"{MessageId}:{ContentSha256}";
}
