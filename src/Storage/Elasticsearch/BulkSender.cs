using System.Diagnostics;

namespace Detection.Storage.Elasticsearch;

/// <summary>Sends documents until each has an outcome: items are looked at one by one, those that the server could not take now are sent again.</summary>
internal sealed class BulkSender(SearchCluster cluster, IndexNames names, IndexSetup setup, DecisionProjection decisions, StoreMetrics metrics, ElasticsearchStoreOptions options, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50), LongestPause = TimeSpan.FromSeconds(2);

    /// <exception cref="StoreException">The server is down, full, or too busy for longer than a request may take. Some documents may be stored; to send them again is safe.</exception>
    public async Task SendAsync(IReadOnlyList<BulkDocument> documents)
    {
        long started = Stopwatch.GetTimestamp();
        var waiting = documents;
        for (var pause = FirstPause; waiting.Count > 0; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var items = await SendOnceAsync(waiting).ConfigureAwait(false);
            List<BulkDocument> again = [];
            for (int i = 0; i < items.Count; i++)
                if (!Settle(waiting[i], items[i])) again.Add(waiting[i]);
            if (again.Count > 0) await PrepareAsync(waiting, items, pause, started).ConfigureAwait(false);
            waiting = again;
        }
        await decisions.CarryToStoredAsync([.. documents.Select(document => document.Judged)], CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<BulkItem>> SendOnceAsync(IReadOnlyList<BulkDocument> documents)
    {
        var now = time.GetUtcNow();
        foreach (var document in documents) VerdictDocument.Stamp(document.Batch.Lines, document.Lines.End.Value, now);
        metrics.Bulk(documents.Count);
        var items = await SendLinesAsync(documents).ConfigureAwait(false);
        if (items[0].Status != 413 || documents.Count == 1) return items;
        // The server takes less at a time than BulkBytes: in halves, until only what is too large by itself is refused.
        int half = documents.Count / 2;
        return [.. await SendOnceAsync([.. documents.Take(half)]).ConfigureAwait(false), .. await SendOnceAsync([.. documents.Skip(half)]).ConfigureAwait(false)];
    }

    private async Task<IReadOnlyList<BulkItem>> SendLinesAsync(IReadOnlyList<BulkDocument> documents)
    {
        var batch = documents[0].Batch;
        // Most often all of one caller: its lines are sent as they stand.
        if (documents.Count == batch.Documents.Count && documents[^1].Batch == batch) return await cluster.BulkAsync(batch.Lines.Written, documents.Count, CancellationToken.None).ConfigureAwait(false);
        using var lines = new LineBuffer(documents.Sum(document => document.Lines.End.Value - document.Lines.Start.Value));
        foreach (var document in documents) lines.Write(document.Batch.Lines[document.Lines]);
        return await cluster.BulkAsync(lines.Written, documents.Count, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>False: to be sent again.</summary>
    private bool Settle(BulkDocument document, BulkItem item)
    {
        if (item.NoIndex || item.Later) return false;
        if (item.IsFull) throw ServerError.Full(Nodes);
        // Not the message's fault: were it put aside, every message would be until somebody looks.
        if (item.IsOlder) throw new StoreException(StoreFault.Unavailable, $"{names.Month(document.Judged.AcceptedAt)} is of an older form than this program and does not know a field of it: 'detection indices migrate' moves it.");
        document.Outcome = item switch
        {
            { Done: true } => new StoreOutcome(StoreResult.Stored),
            { Conflict: true } => new StoreOutcome(StoreResult.AlreadyStored),
            { Status: 400 or 413 } => new StoreOutcome(StoreResult.Rejected, ServerError.Refusal(item.Type, item.Reason)),
            _ => throw new StoreException(StoreFault.Unavailable, $"{Nodes} cannot store a document: {item.Status} {item.Type}."),
        };
        return true;
    }

    private async Task PrepareAsync(IReadOnlyList<BulkDocument> sent, IReadOnlyList<BulkItem> items, TimeSpan pause, long started)
    {
        var refused = items.First(item => item.Later || item.NoIndex);
        if (Stopwatch.GetElapsedTime(started) > options.RequestTimeout)
            throw new StoreException(StoreFault.Unavailable, $"{Nodes} takes no documents for longer than {options.RequestTimeout} (RequestTimeout): {refused.Status} {refused.Type}.");
        string[] missing = [.. sent.Where((_, i) => items[i].NoIndex).Select(document => names.Month(document.Judged.AcceptedAt)).Distinct()];
        foreach (string alias in missing) await setup.IndexAsync(alias, CancellationToken.None).ConfigureAwait(false);
        if (items.Any(item => item.Later))
        {
            metrics.Retried("item");
            await Task.Delay(pause * (0.5 + Random.Shared.NextDouble())).ConfigureAwait(false);
        }
    }

    private string Nodes => string.Join(", ", options.Nodes.Select(node => node.GetLeftPart(UriPartial.Authority)));
}
