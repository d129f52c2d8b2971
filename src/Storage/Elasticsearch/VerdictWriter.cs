using System.Threading.Channels;
using Detection.Contracts;
using Channel = System.Threading.Channels.Channel;

namespace Detection.Storage.Elasticsearch;

/// <summary>
/// Stores verdicts by bulk requests. What several callers hand over at one time travels together: a request is sent at once while no other is under way, else when it is full
/// or its first document has waited for <see cref="ElasticsearchStoreOptions.BulkDelay"/>.
/// </summary>
internal sealed class VerdictWriter : IAsyncDisposable
{
    // Batches of up to BulkBytes: what waits is bounded, then callers wait.
    private const int MaxUnderWay = 4, MaxWaiting = 16;

    private readonly ElasticsearchStoreOptions _options;
    private readonly BulkSender _sender;
    private readonly IndexNames _names;
    private readonly TimeProvider _time;
    private readonly Channel<Batch> _batches = Channel.CreateBounded<Batch>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly SemaphoreSlim _free = new(MaxUnderWay);
    private readonly Task _loop;

    public VerdictWriter(ElasticsearchStoreOptions options, IndexNames names, BulkSender sender, TimeProvider time)
    {
        (_options, _names, _sender, _time) = (options, names, sender, time);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>One outcome a message, in order; durable when the task completes.</summary>
    public async Task<IReadOnlyList<StoreOutcome>> StoreAsync(IReadOnlyList<JudgedMessage> judged, CancellationToken cancellation)
    {
        var outcomes = new StoreOutcome[judged.Count];
        List<Batch> batches = [];
        for (int next = 0; next < judged.Count;) batches.Add(Take(judged, ref next, outcomes));
        foreach (var batch in batches)
            try { await _batches.Writer.WriteAsync(batch, cancellation).ConfigureAwait(false); }
            catch (ChannelClosedException) { throw new ObjectDisposedException(nameof(ElasticsearchVerdictStore)); }
        // Not cancelled half-way: what has begun is stored or not, and the caller learns which.
        await Task.WhenAll(batches.Select(batch => batch.Done.Task)).ConfigureAwait(false);
        return outcomes;
    }

    /// <summary>What was handed over is still stored.</summary>
    public async ValueTask DisposeAsync()
    {
        _batches.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
        for (int i = 0; i < MaxUnderWay; i++) await _free.WaitAsync().ConfigureAwait(false);
    }

    private Batch Take(IReadOnlyList<JudgedMessage> judged, ref int next, StoreOutcome[] outcomes)
    {
        var batch = new Batch(outcomes);
        var now = _time.GetUtcNow();
        for (; next < judged.Count && batch.Documents.Count < _options.BulkDocuments && batch.Lines.Length < _options.BulkBytes; next++)
        {
            var one = judged[next];
            int before = batch.Lines.Length;
            string? reason = Keeping.Refusal(one) ?? OutsideTheMonths(one, now) ?? VerdictDocument.Write(batch.Lines, one, _names.Month(one.AcceptedAt), _options);
            if (reason is not null) outcomes[next] = new StoreOutcome(StoreResult.Rejected, reason);
            else if (batch.Documents.Count > 0 && batch.Lines.Length > _options.BulkBytes)
            {
                batch.Lines.Truncate(before);
                break;
            }
            else batch.Documents.Add(new BulkDocument(batch, next, one, before..batch.Lines.Length));
        }
        return batch;
    }

    private static string? OutsideTheMonths(JudgedMessage judged, DateTimeOffset now) => IndexNames.IsOpen(judged.AcceptedAt, now)
        ? null
        : $"acceptedAt: {IndexNames.Month(judged.AcceptedAt.UtcDateTime)} is more than a month away from {IndexNames.Month(now.UtcDateTime)}; only this month, the one before and the one after are written.";

    private async Task RunAsync()
    {
        while (await _batches.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            await _free.WaitAsync().ConfigureAwait(false);
            var group = await CollectAsync().ConfigureAwait(false);
            _ = SendAsync(group);
        }
    }

    private async Task<List<Batch>> CollectAsync()
    {
        List<Batch> group = [];
        int documents = 0;
        long bytes = 0;
        using var patience = new CancellationTokenSource(_options.BulkDelay);
        while (true)
        {
            while (_batches.Reader.TryPeek(out var next) && (group.Count == 0 || documents + next.Documents.Count <= _options.BulkDocuments && bytes + next.Lines.Length <= _options.BulkBytes))
            {
                _batches.Reader.TryRead(out _);
                group.Add(next);
                documents += next.Documents.Count;
                bytes += next.Lines.Length;
            }
            bool isAlone = _free.CurrentCount == MaxUnderWay - 1, isFull = _batches.Reader.TryPeek(out _) || documents >= _options.BulkDocuments;
            if (isAlone || isFull || patience.IsCancellationRequested) return group;
            try { if (!await _batches.Reader.WaitToReadAsync(patience.Token).ConfigureAwait(false)) return group; }
            catch (OperationCanceledException) { return group; }
        }
    }

    private async Task SendAsync(List<Batch> group)
    {
        try
        {
            await _sender.SendAsync([.. group.SelectMany(batch => batch.Documents)]).ConfigureAwait(false);
            foreach (var batch in group) batch.Done.TrySetResult();
        }
        catch (Exception failure)
        {
            foreach (var batch in group) batch.Done.TrySetException(failure);
        }
        finally
        {
            foreach (var batch in group) batch.Lines.Dispose();
            _free.Release();
        }
    }
}

/// <summary>What one caller hands over at a time: documents ready to be sent, and where their outcomes go.</summary>
internal sealed class Batch(StoreOutcome[] outcomes)
{
    public LineBuffer Lines { get; } = new(64 << 10);

    public List<BulkDocument> Documents { get; } = [];

    public StoreOutcome[] Outcomes { get; } = outcomes;

    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <param name="Index">Place among the caller's messages.</param>
/// <param name="Lines">Where its lines stand in the batch.</param>
internal sealed record BulkDocument(Batch Batch, int Index, JudgedMessage Judged, Range Lines)
{
    public StoreOutcome Outcome { set => Batch.Outcomes[Index] = value; }
}
