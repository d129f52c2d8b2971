using Detection.Streaming;

namespace Detection.EndToEnd.Chaos;

/// <summary>A stream as a sender and an auditor see it; the workers' side is the product's own.</summary>
internal interface IStreamProbe : IAsyncDisposable
{
    /// <summary>What a worker needs to read it, as environment variables.</summary>
    IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Completes when the stream has accepted the record; any exception leaves open whether it has.</summary>
    Task SendAsync(OutgoingRecord record, CancellationToken cancellation);

    /// <summary>Records that are accepted and not finished, and results that are written and not committed; null while the stream does not answer.</summary>
    Task<long?> UnfinishedAsync(CancellationToken cancellation);

    /// <summary>The sender's id (<c>ce_id</c>) of every dead letter.</summary>
    Task<IReadOnlyList<string>> DeadLettersAsync(CancellationToken cancellation);

    /// <summary>Where each message stands that is on the stream still, by the sender's id: partition and offset; for people who look for what was lost.</summary>
    Task<IReadOnlyDictionary<string, string>> PlacesAsync(CancellationToken cancellation);

    /// <summary>Every committed record of the verdict topic; null where there is no such topic.</summary>
    Task<IReadOnlyList<SeenVerdict>?> VerdictTopicAsync(CancellationToken cancellation);
}

/// <summary>A store as an auditor sees it: read without the product's code, so that what the product hides is seen.</summary>
internal interface IStoreProbe : IAsyncDisposable
{
    /// <summary>What a worker needs to write to it, as environment variables.</summary>
    IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Every verdict document of every index.</summary>
    Task<IReadOnlyList<StoredVerdict>> DocumentsAsync(CancellationToken cancellation);
}

/// <param name="Config">Differs between kernels.</param>
internal sealed record StoredVerdict(SeenVerdict Verdict, string Config, DateTimeOffset ProcessedAt);
