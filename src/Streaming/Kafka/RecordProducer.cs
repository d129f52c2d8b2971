using Confluent.Kafka;

namespace Detection.Streaming.Kafka;

/// <summary>Sends outside of transactions, durably on all replicas in sync, once each (idempotent). A producer that failed for good is made anew.</summary>
internal sealed class RecordProducer(KafkaClients clients, TimeSpan patience, Action<string> statistics) : IDisposable
{
    private readonly Lock _gate = new();
    private IProducer<byte[], byte[]>? _producer;
    private bool _disposed;

    /// <summary>Complete when all are durable, each in the largest form that its topic takes.</summary>
    /// <exception cref="KafkaException">Some may not be durable. MsgSizeTooLarge: a record is larger than its topic takes, in its smallest form.</exception>
    public async Task SendAsync(IReadOnlyList<Outgoing> records, CancellationToken cancellation)
    {
        for (var left = records; left.Count > 0;)
        {
            var batch = new Batch(left.Count);
            foreach (var record in left) await ProduceAsync(record, batch, cancellation).ConfigureAwait(false);
            // The client gives a record up after message.timeout.ms; that it reports nothing at all must not hold the stream for ever.
            try { left = await batch.Reported.WaitAsync(3 * patience, cancellation).ConfigureAwait(false); }
            catch (TimeoutException) { throw new KafkaException(ErrorCode.Local_MsgTimedOut); }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            // Whoever still waits for a send is told how it ended.
            _producer?.Flush(patience);
            _producer?.Dispose();
        }
    }

    private async Task ProduceAsync(Outgoing outgoing, Batch batch, CancellationToken cancellation)
    {
        if (outgoing.Record is not { } record)
        {
            batch.Done(outgoing, new Error(ErrorCode.NoError));
            return;
        }
        while (true)
        {
            var producer = Producer();
            try
            {
                producer.Produce(outgoing.Target, record, report =>
                {
                    if (report.Error.IsFatal) Replace(producer);
                    batch.Done(outgoing, report.Error);
                });
                return;
            }
            catch (KafkaException full) when (full.Error.Code == ErrorCode.Local_QueueFull) { await Task.Delay(5, cancellation).ConfigureAwait(false); }
            catch (KafkaException refused)
            {
                if (refused.Error.IsFatal) Replace(producer);
                batch.Done(outgoing, refused.Error);
                return;
            }
        }
    }

    private IProducer<byte[], byte[]> Producer()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(KafkaStream));
            return _producer ??= clients.Producer(statistics);
        }
    }

    private void Replace(IProducer<byte[], byte[]> failed)
    {
        lock (_gate)
        {
            if (_producer != failed) return;
            _producer = null;
        }
        // Not on the client's own thread, which would wait for itself; and not before whoever waits for a record of it was told how it ended.
        _ = Task.Run(() =>
        {
            failed.Flush(patience);
            failed.Dispose();
        });
    }

    private sealed class Batch(int records)
    {
        private readonly TaskCompletionSource<IReadOnlyList<Outgoing>> _reported = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Lock _gate = new();
        private readonly List<Outgoing> _shrunk = [];
        private Error? _refused;
        private int _open = records;

        /// <summary>What has to be sent again, smaller.</summary>
        public Task<IReadOnlyList<Outgoing>> Reported => _reported.Task;

        public void Done(Outgoing outgoing, Error error)
        {
            lock (_gate)
            {
                if (error.Code == ErrorCode.MsgSizeTooLarge && outgoing.Shrink()) _shrunk.Add(outgoing);
                else if (error.IsError) _refused ??= error;
                if (--_open > 0) return;
                if (_refused is not null) _reported.TrySetException(new KafkaException(_refused));
                else _reported.TrySetResult(_shrunk);
            }
        }
    }
}
