using System.Globalization;

namespace Detection.EndToEnd.Chaos;

/// <summary>How a run goes; the same seed sends the same messages and draws the same instants.</summary>
internal sealed record ChaosOptions
{
    /// <summary>Of the run's files in <c>TestResults/chaos</c>.</summary>
    public required string Name { get; init; }

    public required int Seed { get; init; }

    /// <summary>Messages a second.</summary>
    public double Rate { get; init; } = 50;

    public int Workers { get; init; } = 1;

    /// <summary>Bytes of an oversized mail; null: a message whose id is too long stands for it.</summary>
    public int? OversizedMail { get; init; }

    /// <summary>Environment of a worker beside what stream and store need, asked for at every start; the argument is its number, from 0.</summary>
    public Func<int, IReadOnlyDictionary<string, string>> WorkerSettings { get; init; } = _ => new Dictionary<string, string>();

    public bool Transactional { get; init; }

    /// <summary>How long anything that is waited for may take; while the stream drains, how long it may stand still.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);
}

/// <summary>
/// Workers under a steady stream, and the verbs to hurt them. A scenario calls the verbs and then <see cref="FinishAsync"/>, which waits until the stream is drained, reads what came out and lets
/// <see cref="HistoryChecker"/> say whether it is what was accepted.
/// </summary>
internal sealed class ChaosRun : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly ChaosOptions _options;
    private readonly IStreamProbe _stream;
    private readonly IStoreProbe _store;
    private readonly TinyModel _model = TinyModel.Llama();
    private readonly TemporaryFolder _data = new();
    private readonly List<WorkerProcess> _workers = [];
    private readonly SteadySender _sender;
    private readonly long _started = TimeProvider.System.GetTimestamp();

    private ChaosRun(ChaosOptions options, IStreamProbe stream, IStoreProbe store)
    {
        (_options, _stream, _store, Random) = (options, stream, store, new Random(options.Seed));
        string folder = Directory.CreateDirectory(ChaosSummary.Folder).FullName, name = Path.Combine(folder, options.Name);
        foreach (string old in Directory.EnumerateFiles(folder, options.Name + ".*")) File.Delete(old);
        History = new History(name + ".history.jsonl");
        for (int i = 0; i < options.Workers; i++)
        {
            string data = Directory.CreateDirectory(_data.File($"worker-{i}")).FullName;
            int number = i;
            _workers.Add(new WorkerProcess($"worker-{i}", data, () => Settings(number), History, $"{name}.worker-{i}.log"));
        }
        _sender = new SteadySender(stream, History, new ChaosMessages(options.Seed, options.OversizedMail), options.Rate);
    }

    public History History { get; }

    /// <summary>Draws what a scenario leaves to chance.</summary>
    public Random Random { get; }

    public IReadOnlyList<WorkerProcess> Workers => _workers;

    /// <summary>Messages sent so far.</summary>
    public int Sent => _sender.Sent;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ChaosRun> StartAsync(ChaosOptions options, IStreamProbe stream, IStoreProbe store)
    {
        var run = new ChaosRun(options, stream, store);
        try
        {
            await Task.WhenAll(run._workers.Select(worker => worker.StartAsync()));
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>A random instant within the span: the stimulus itself, nobody waits for anything.</summary>
    public Task InstantAsync(TimeSpan within) => Task.Delay(within * Random.NextDouble(), Cancellation);

    /// <summary>kill -9 of a random worker at a random instant of its work, and its return.</summary>
    public async Task KillWorkerAsync()
    {
        var worker = _workers[Random.Next(_workers.Count)];
        await UntilAsync($"{worker.Name} works", () => worker.IsWorking);
        await InstantAsync(TimeSpan.FromMilliseconds(600));
        await worker.KillAsync("at a random instant");
        await worker.StartAsync();
    }

    /// <summary>kill -9 of the worker whose write is being answered, before the answer reaches it or right after: the effect is there, the position is not moved.</summary>
    /// <param name="what">The write: <c>bulk</c> or <c>produce</c>.</param>
    public async Task KillWorkerInWindowAsync(FaultProxy proxy, string what)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(_options.Patience);
        WorkerProcess? worker = null;
        while (worker is null)
        {
            using var held = await proxy.HoldNextAnswerAsync(patience.Token);
            // A client that has hung up meanwhile owns no socket any more: the next answer, then.
            worker = _workers.FirstOrDefault(one => one.Owns(held.Client));
            if (worker is null) continue;
            bool before = Random.Next(2) == 0;
            if (!before) held.Dispose();
            await worker.KillAsync($"in the window, {(before ? "before" : "after")} the {what} answer");
        }
        await worker.StartAsync();
    }

    /// <summary>A fault that lasts while <paramref name="meanwhile"/> does.</summary>
    public async Task FaultAsync(string part, string what, Action begin, Func<Task> meanwhile, Action heal)
    {
        History.Add(HistoryKind.Fault, part, what);
        begin();
        try { await meanwhile(); }
        finally { heal(); }
        History.Add(HistoryKind.Healed, part, what);
    }

    /// <summary>A worker that runs a fifth of the time, in pieces of random length.</summary>
    public Task SlowAsync(WorkerProcess worker, TimeSpan length) => FaultAsync(worker.Name, "slow", static () => { }, async () =>
    {
        long start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start) < length)
        {
            await worker.PauseAsync();
            await InstantAsync(TimeSpan.FromMilliseconds(800));
            await worker.ResumeAsync();
            await InstantAsync(TimeSpan.FromMilliseconds(200));
        }
    }, static () => { });

    /// <summary>A worker that does nothing for a while and does not know it.</summary>
    public async Task StandStillAsync(WorkerProcess worker, TimeSpan length)
    {
        await UntilAsync($"{worker.Name} works", () => worker.IsWorking);
        History.Add(HistoryKind.Fault, worker.Name, $"stands still for {length.TotalSeconds:0} s");
        await worker.PauseAsync();
        await Task.Delay(length, Cancellation);
        await worker.ResumeAsync();
    }

    /// <summary>The network between workers and store, for a random while.</summary>
    public Task CutAsync(FaultProxy proxy, NetworkFault fault) =>
        FaultAsync("network to the store", fault.ToString(), () => proxy.Fault = fault, () => InstantAsync(TimeSpan.FromSeconds(6)), () => proxy.Fault = NetworkFault.None);

    /// <summary>Moves the workers' clock and waits until a verdict of the new time is stored.</summary>
    public async Task JumpAsync(JumpingClock clock, TimeSpan offset)
    {
        History.Add(HistoryKind.Fault, "clock", $"{offset.TotalHours:+0;-0;0} h");
        clock.Jump(offset);
        var (from, to) = (TimeProvider.System.GetUtcNow() + offset, TimeProvider.System.GetUtcNow() + offset + _options.Patience);
        await UntilAsync($"a verdict at {from}", async () => (await _store.DocumentsAsync(Cancellation)).Any(one => one.ProcessedAt >= from && one.ProcessedAt <= to));
    }

    /// <summary>kill -9 of a server, and its return after a while.</summary>
    /// <param name="node">A broker of several, from 1; null: all.</param>
    public async Task KillServerAsync(SharedServer server, string name, int? node = null)
    {
        await InstantAsync(TimeSpan.FromSeconds(1));
        History.Add(HistoryKind.Killed, name, "at a random instant");
        await server.KillAsync(node);
        await InstantAsync(TimeSpan.FromSeconds(3));
        await server.RestartAsync(node);
        History.Add(HistoryKind.Up, name);
    }

    /// <summary>Waits for a condition and writes down how long that took.</summary>
    public async Task<TimeSpan> TimeUntilAsync(string what, Func<Task<bool>> holds)
    {
        long start = TimeProvider.System.GetTimestamp();
        await UntilAsync(what, holds);
        var taken = TimeProvider.System.GetElapsedTime(start);
        History.Add(HistoryKind.Healed, what, string.Create(CultureInfo.InvariantCulture, $"after {taken.TotalSeconds:F1} s"));
        return taken;
    }

    /// <summary>Waits for a condition; fails, naming it, when it does not come within the run's patience.</summary>
    public Task UntilAsync(string what, Func<bool> holds) => UntilAsync(what, () => Task.FromResult(holds()));

    private async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < _options.Patience, $"Not within {_options.Patience}: {what}. History: {_options.Name}.");
            await Task.Delay(Look, Cancellation);
        }
    }

    /// <summary>Ends the sending, waits until everything is worked off, checks, and writes the summary.</summary>
    /// <returns>All verdict documents.</returns>
    public async Task<IReadOnlyList<StoredVerdict>> FinishAsync()
    {
        await _sender.StopAsync();
        foreach (var worker in _workers.Where(worker => !worker.IsUp)) await worker.StartAsync();
        await DrainAsync();
        var documents = await _store.DocumentsAsync(Cancellation);
        var seen = new Observations([.. documents.Select(one => one.Verdict)], await _stream.DeadLettersAsync(Cancellation), await _stream.VerdictTopicAsync(Cancellation), _options.Transactional);
        var problems = HistoryChecker.Check(History.Events, seen);
        await ChaosSummary.WriteAsync(_options, History.Events, seen, problems, _workers.Sum(worker => worker.Consumed), TimeProvider.System.GetElapsedTime(_started));
        if (problems.Count > 0) Assert.Fail(await ExplainAsync(problems, seen));
        // Not part of the proof, but a worker that calls everything unreadable would pass it.
        Assert.Empty(seen.DeadLetters.Except(_sender.Poison));
        Assert.Empty(seen.Documents.Select(one => one.MessageId).Intersect(_sender.Poison));
        return documents;
    }

    /// <summary>The problems, with where the message stood and whether its verdict went out.</summary>
    private async Task<string> ExplainAsync(IReadOnlyList<string> problems, Observations seen)
    {
        var places = await _stream.PlacesAsync(Cancellation);
        var published = seen.Topic?.Select(record => record.MessageId).ToHashSet() ?? [];
        string[] missing = [.. History.Events.Where(happened => happened.Kind == HistoryKind.Accepted && !places.ContainsKey(happened.Subject)).Select(happened => happened.Subject)];
        return $"{places.Count} messages are on the stream, {missing.Length} accepted ones are not ({string.Join(", ", missing.Take(5))})\n" + string.Join('\n', problems.Select(problem => problem.Split(':')[0] is var id ? $"{problem} ({places.GetValueOrDefault(id, "not on the stream")}, verdict {(published.Contains(id) ? "" : "not ")}published)" : problem));
    }

    public async ValueTask DisposeAsync()
    {
        await _sender.DisposeAsync();
        foreach (var worker in _workers) await worker.DisposeAsync();
        History.Dispose();
        _model.Dispose();
        _data.Dispose();
    }

    /// <summary>A slow machine may take long, but not stand still.</summary>
    private async Task DrainAsync()
    {
        long least = long.MaxValue, since = TimeProvider.System.GetTimestamp();
        while (await _stream.UnfinishedAsync(Cancellation) is not 0 and var unfinished)
        {
            if (unfinished < least) (least, since) = (unfinished.Value, TimeProvider.System.GetTimestamp());
            if (TimeProvider.System.GetElapsedTime(since) > _options.Patience)
                Assert.Fail($"The stream stands still at {unfinished?.ToString(CultureInfo.InvariantCulture) ?? "no answer"} unfinished for {_options.Patience}. History: {_options.Name}.\n{string.Join("\n", await Task.WhenAll(_workers.Select(worker => worker.StateAsync())))}");
            await Task.Delay(Look, Cancellation);
        }
    }

    private Dictionary<string, string> Settings(int worker)
    {
        Dictionary<string, string> settings = new() { ["Detection__Model"] = _model.Path, ["Detection__Dtype"] = "float32", ["Detection__Threads"] = "1" };
        foreach (var (name, value) in _stream.Settings.Concat(_store.Settings).Concat(_options.WorkerSettings(worker))) settings[name] = value;
        return settings;
    }
}
