using Detection.Storage;

namespace Detection.Standalone.Streaming;

/// <summary>Takes the message that was sent last and searches for it until it is found, again and again: how long until a person can see a verdict.</summary>
internal sealed class SearchProbe(IVerdictStore store, OpenLoop sender)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    public LatencyLog Latency { get; } = new();

    /// <summary>Until cancelled; what was not found by then is not counted.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        string before = sender.Last.Id;
        try
        {
            while (true)
            {
                while (sender.Last.Id == before) await Task.Delay(Look, cancellation);
                var sample = sender.Last;
                while ((await store.SearchAsync(new VerdictQuery { MessageId = sample.Id, Take = 1 }, cancellation)).Items.Count == 0) await Task.Delay(Look, cancellation);
                Latency.EndedNow(sample.Due);
                before = sample.Id;
            }
        }
        catch (OperationCanceledException) { }
    }
}
