namespace Detection.Standalone.Streaming;

/// <summary>How long a station takes: <paramref name="PerBatch"/> + n × <paramref name="PerItem"/> seconds for a batch of n, as measured.</summary>
/// <param name="MaxBatch">Most messages of one batch.</param>
/// <param name="Linger">Seconds that the first message of a batch waits for others.</param>
/// <param name="Servers">Batches worked on at one time.</param>
/// <param name="Exponential">Times vary as the exponential distribution does, with the same mean; else they are always the same.</param>
internal sealed record ServiceCurve(double PerBatch, double PerItem, int MaxBatch = 1, double Linger = 0, int Servers = 1, bool Exponential = false)
{
    /// <summary>No time at all.</summary>
    public static ServiceCurve None { get; } = new(0, 0, int.MaxValue, 0, int.MaxValue);

    /// <summary>Messages a second that it can do, with full batches.</summary>
    public double Capacity => MaxBatch == int.MaxValue ? double.PositiveInfinity : (double)Servers * MaxBatch / (PerBatch + MaxBatch * PerItem);

    internal double Draw(int items, Random random)
    {
        double mean = PerBatch + items * PerItem;
        return Exponential ? -Math.Log(1 - random.NextDouble()) * mean : mean;
    }
}

/// <param name="Rate">Messages a second, offered whatever happens (open loop).</param>
/// <param name="Messages">How many, in all.</param>
/// <param name="Random">Arrivals as a Poisson process; else evenly spaced.</param>
/// <param name="MaxInFlight">Messages between the stream and the end of the store's work; more wait in the stream.</param>
internal sealed record SimulatedLoad(double Rate, int Messages, ServiceCurve Judge, ServiceCurve Store, int MaxInFlight = int.MaxValue, bool Random = true, int Seed = 1);

/// <summary>Seconds, messages a second, messages. <paramref name="MeanInSystem"/> and <paramref name="LongestQueue"/> count what has come and is not stored.</summary>
internal sealed record SimulatedRun(double Throughput, double Mean, double P50, double P95, double P99, double MeanInSystem, int LongestQueue, double MeanJudgeBatch, double MeanStoreBatch);

/// <summary>
/// The path of a message as two stations in a row, the model and the store, each of which takes what waits as one batch, fed with measured service times. Event by event, the same for
/// the same seed: what one machine was seen to do becomes what a hundred would do.
/// </summary>
internal sealed class StreamSimulator
{
    private readonly SimulatedLoad _load;
    private readonly Random _random;
    private readonly PriorityQueue<Action, (double At, long Order)> _events = new();
    private readonly double[] _arrived, _latency;
    private readonly Station _judge, _store;
    private readonly Queue<int> _stream = new();
    private double _now;
    private long _order;
    private int _inFlight, _done, _present, _longest;

    private StreamSimulator(SimulatedLoad load)
    {
        (_load, _random) = (load, new Random(load.Seed));
        (_arrived, _latency) = (new double[load.Messages], new double[load.Messages]);
        _store = new Station(this, load.Store, Finish);
        _judge = new Station(this, load.Judge, batch => _store.Take(batch));
    }

    /// <exception cref="ArgumentOutOfRangeException">No messages, or no rate.</exception>
    public static SimulatedRun Run(SimulatedLoad load)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(load.Messages, nameof(load));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(load.Rate, nameof(load));
        return new StreamSimulator(load).Run();
    }

    private SimulatedRun Run()
    {
        At(0, () => Arrive(0));
        while (_events.TryDequeue(out var happen, out var when))
        {
            _now = when.At;
            happen();
        }
        double[] sorted = [.. _latency.Order()];
        return new SimulatedRun(_done / _now, sorted.Average(), Share(.5), Share(.95), Share(.99), sorted.Sum() / _now, _longest, _judge.MeanBatch, _store.MeanBatch);

        double Share(double part) => sorted[Math.Min(sorted.Length - 1, (int)(part * sorted.Length))];
    }

    private void Arrive(int message)
    {
        _arrived[message] = _now;
        _longest = Math.Max(_longest, ++_present);
        _stream.Enqueue(message);
        Admit();
        double gap = 1 / _load.Rate;
        if (message + 1 < _load.Messages) At(_now + (_load.Random ? -Math.Log(1 - _random.NextDouble()) * gap : gap), () => Arrive(message + 1));
    }

    private void Admit()
    {
        List<int> admitted = [];
        for (; _inFlight < _load.MaxInFlight && _stream.TryDequeue(out int message); _inFlight++) admitted.Add(message);
        _judge.Take(admitted);
    }

    private void Finish(IReadOnlyList<int> batch)
    {
        foreach (int message in batch) _latency[message] = _now - _arrived[message];
        _done += batch.Count;
        _present -= batch.Count;
        _inFlight -= batch.Count;
        Admit();
    }

    private void At(double time, Action happen) => _events.Enqueue(happen, (time, _order++));

    /// <summary>Takes what waits as soon as a server is free: at once when a batch is full, else when the oldest has waited long enough.</summary>
    private sealed class Station(StreamSimulator simulator, ServiceCurve curve, Action<IReadOnlyList<int>> done)
    {
        private readonly Queue<(int Message, double Since)> _waiting = new();
        private int _busy;
        private long _batches, _items;

        public double MeanBatch => _batches == 0 ? 0 : (double)_items / _batches;

        public void Take(IReadOnlyList<int> messages)
        {
            if (messages.Count == 0) return;
            foreach (int message in messages) _waiting.Enqueue((message, simulator._now));
            Start();
            if (curve.Linger > 0 && _waiting.Count > 0) simulator.At(simulator._now + curve.Linger, Start);
        }

        private void Start()
        {
            // The sum is what the timer was set to, so that rounding does not make a batch wait for ever.
            while (_busy < curve.Servers && _waiting.TryPeek(out var oldest) && (_waiting.Count >= curve.MaxBatch || oldest.Since + curve.Linger <= simulator._now))
            {
                int[] batch = new int[Math.Min(curve.MaxBatch, _waiting.Count)];
                for (int i = 0; i < batch.Length; i++) batch[i] = _waiting.Dequeue().Message;
                (_busy, _batches, _items) = (_busy + 1, _batches + 1, _items + batch.Length);
                simulator.At(simulator._now + curve.Draw(batch.Length, simulator._random), () =>
                {
                    _busy--;
                    done(batch);
                    Start();
                });
            }
        }
    }
}
