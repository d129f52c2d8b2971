using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Detection.Storage;

/// <summary>All instruments of <c>Detection.Storage</c>; names from the OpenTelemetry database conventions, <c>detection.*</c> where they have none.</summary>
internal sealed class StoreMetrics : IDisposable
{
    public const string MeterName = "Detection.Storage";

    private readonly Meter _meter = new(MeterName);
    private readonly KeyValuePair<string, object?> _system;
    private readonly Histogram<double> _operation;
    private readonly Counter<long> _verdicts;
    private readonly Counter<long> _decisions;
    private readonly Histogram<int> _bulk;
    private readonly Counter<long> _retries;

    /// <param name="system">db.system.name</param>
    public StoreMetrics(string system)
    {
        _system = new("db.system.name", system);
        _operation = _meter.CreateHistogram<double>("db.client.operation.duration", "s", "Time of one call to the store.");
        _verdicts = _meter.CreateCounter<long>("detection.store.verdicts", "{verdict}", "Judged messages by what became of them: stored, already_stored, rejected.");
        _decisions = _meter.CreateCounter<long>("detection.store.decisions", "{decision}", "Decisions taken down.");
        _bulk = _meter.CreateHistogram<int>("detection.store.bulk.size", "{document}", "Documents in a bulk request.");
        _retries = _meter.CreateCounter<long>("detection.store.retries", "{retry}", "What was sent again because the server was busy: busy (a request), item (documents of a bulk request).");
    }

    /// <summary>Runs a call and takes down its time, and its error by type.</summary>
    public async Task<T> TimeAsync<T>(string operation, Func<Task<T>> call)
    {
        long started = Stopwatch.GetTimestamp();
        string? error = null;
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception failed)
        {
            error = failed.GetType().FullName;
            throw;
        }
        finally
        {
            var tags = new TagList { _system, new("db.operation.name", operation) };
            if (error is not null) tags.Add("error.type", error);
            _operation.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tags);
        }
    }

    public void Stored(IReadOnlyList<StoreOutcome> outcomes)
    {
        Count(StoreResult.Stored, "stored");
        Count(StoreResult.AlreadyStored, "already_stored");
        Count(StoreResult.Rejected, "rejected");

        void Count(StoreResult result, string name)
        {
            int count = outcomes.Count(outcome => outcome.Result == result);
            if (count > 0) _verdicts.Add(count, _system, new("detection.store.result", name));
        }
    }

    public void Decided() => _decisions.Add(1, _system);

    public void Bulk(int documents) => _bulk.Record(documents, _system);

    /// <param name="what">A request, or documents of one.</param>
    public void Retried(string what) => _retries.Add(1, _system, new("detection.store.retry", what));

    public void Dispose() => _meter.Dispose();
}
