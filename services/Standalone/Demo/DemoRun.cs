using System.Globalization;
using Detection.Contracts;
using Detection.Storage;
using Detection.Streaming;

namespace Detection.Standalone.Demo;

/// <summary>Sends the samples at a pace and follows the store until each has its verdict or has become a dead letter.</summary>
internal sealed class DemoRun(Terminal terminal, SampleStream samples, IMessageSink sink, IVerdictStore store, IDeadLetters deadLetters, TimeProvider time)
{
    private readonly Dictionary<string, JudgedMessage> _verdicts = [];
    private readonly VerdictLines _table = new(terminal);
    private long _begun, _ended;

    /// <param name="pace">Messages a second; 0: as fast as they are judged.</param>
    public async Task RunAsync(double pace, CancellationToken cancellation)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // The watch begins before the first message is sent, so that none is missed.
        await using var watch = store.WatchAsync(done.Token).GetAsyncEnumerator(done.Token);
        var next = watch.MoveNextAsync().AsTask();
        _begun = time.GetTimestamp();
        _table.Head();
        var sending = SendAsync(pace, done.Token);
        while (_verdicts.Count < samples.Messages.Count)
        {
            if (await Task.WhenAny(next, Task.Delay(TimeSpan.FromMilliseconds(500), cancellation)) != next)
            {
                cancellation.ThrowIfCancellationRequested();
                // Nothing came for a while: the rest may be dead letters.
                if (_verdicts.Count + await deadLetters.CountAsync(cancellation) >= samples.Messages.Count) break;
                continue;
            }
            if (!await next) break;
            Show(watch.Current);
            next = watch.MoveNextAsync().AsTask();
        }
        _ended = time.GetTimestamp();
        await sending;
        if (terminal.IsErrorTerminal) await terminal.Error.WriteAsync("\r\e[K");
        await done.CancelAsync();
        try { await next; }
        catch (OperationCanceledException) { }
    }

    /// <summary>Counts, the most suspicious, speed, what was right, and where the store lies.</summary>
    public void Summarise(string folder)
    {
        double seconds = Math.Max(0.001, time.GetElapsedTime(_begun, _ended).TotalSeconds);
        var all = _verdicts.Values;
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(string.Join("   ", Enum.GetValues<VerdictAction>().Select(action => $"{VerdictLines.Name(action)} {all.Count(one => one.Action == action)}")));
        terminal.Out.WriteLine();
        terminal.Out.WriteLine("The most suspicious:");
        foreach (var one in all.OrderByDescending(VerdictLines.Suspicion).ThenBy(one => one.MessageId, StringComparer.Ordinal).Take(3))
        {
            terminal.Out.WriteLine($"  {VerdictLines.Name(one.Action)}  {VerdictLines.Fit(VerdictLines.What(one.Message), 80)}");
            terminal.Out.WriteLine($"        {VerdictLines.Reason(one)}");
        }
        terminal.Out.WriteLine();
        terminal.Out.WriteLine("Against the labels of the samples:");
        var score = new DemoScore(samples.Labels);
        foreach (var one in all) score.Add(one);
        foreach (string sentence in score.Sentences()) terminal.Out.WriteLine("  " + sentence);
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{all.Count} of {samples.Messages.Count} messages in {seconds:F1} s: {all.Count / seconds:F1} messages/s, {all.Sum(one => (long)one.Tokens) / seconds:F0} tokens/s"));
        terminal.Out.WriteLine($"Store: {folder}");
        terminal.Out.Flush();
    }

    private async Task SendAsync(double pace, CancellationToken cancellation)
    {
        for (int i = 0; i < samples.Messages.Count; i++)
        {
            await sink.SendAsync([samples.Record(i, time)], cancellation);
            if (pace <= 0) continue;
            var due = TimeSpan.FromSeconds((i + 1) / pace) - time.GetElapsedTime(_begun);
            if (due > TimeSpan.Zero) await Task.Delay(due, time, cancellation);
        }
    }

    private void Show(JudgedMessage judged)
    {
        if (terminal.IsErrorTerminal) terminal.Error.Write("\r\e[K");
        if (_verdicts.TryAdd(judged.MessageId, judged)) _table.Write(judged);
        if (!terminal.IsErrorTerminal) return;
        int width = 30, filled = width * _verdicts.Count / samples.Messages.Count;
        terminal.Error.Write($"{new string('█', filled)}{new string('░', width - filled)} {_verdicts.Count}/{samples.Messages.Count}");
    }
}
