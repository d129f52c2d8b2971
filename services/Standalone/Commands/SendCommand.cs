using System.CommandLine;
using System.Globalization;
using System.Threading.Channels;
using Detection.Ingest;
using Detection.ServiceDefaults;
using Detection.Streaming;

namespace Detection.Standalone.Commands;

/// <summary><c>send</c>: puts messages on the configured stream, as they come and bounded in flight.</summary>
internal static class SendCommand
{
    /// <summary>Records sent together; bytes and records that reading runs ahead.</summary>
    private const int MaxBatch = 500, MaxBatchBytes = 4 << 20, ReadAhead = 1000;

    public static Command Create(Terminal terminal)
    {
        var paths = new Argument<string[]>("path") { Arity = ArgumentArity.OneOrMore, Description = "Mail files, mbox, Maildir, JSON lines of messages, text, folders that mix them; - is standard input, followed until it ends; .gz is read." };
        var source = new Option<string>("--source") { DefaultValueFactory = _ => "detection/send", Description = "ce_source of the records, a URI reference. Default detection/send." };
        source.Validators.Add(result =>
        {
            if (!Uri.TryCreate(result.GetValueOrDefault<string>(), UriKind.RelativeOrAbsolute, out var uri) || uri.OriginalString.Length == 0) result.AddError("--source must be a URI reference.");
        });
        var command = new Command("send", "Puts messages on the stream.") { paths, source };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var stream = ConfiguredStream.Of(Configuration.Read([]), TimeProvider.System, terminal.Error.WriteLine);
            await stream.Messages.OpenAsync(cancellation);
            return await new Send(terminal, stream.Sink, parsed.GetValue(source)!).RunAsync(parsed.GetValue(paths)!, cancellation);
        });
        return command;
    }

    private sealed class Send(Terminal terminal, IMessageSink sink, string source)
    {
        private readonly long _started = TimeProvider.System.GetTimestamp();
        private long _sent, _errors;

        public async Task<int> RunAsync(string[] paths, CancellationToken cancellation)
        {
            var items = Channel.CreateBounded<IngestItem>(new BoundedChannelOptions(ReadAhead) { SingleReader = true, SingleWriter = true });
            using var ahead = new ByteBudget(4 * MaxBatchBytes);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            // A read from standard input cannot be interrupted, so a cancelled command does not wait for this one.
            var reading = Task.Run(() => ReadAllAsync(paths, items.Writer, ahead, stop.Token), CancellationToken.None);
            try { await SendAllAsync(items.Reader, ahead, cancellation); }
            finally
            {
                await stop.CancelAsync();
                Progress(last: true);
            }
            await reading;
            return _errors > 0 ? CommandLine.BadInput : CommandLine.Done;
        }

        private async Task ReadAllAsync(string[] paths, ChannelWriter<IngestItem> items, ByteBudget ahead, CancellationToken stop)
        {
            try
            {
                foreach (var item in MessageSources.Read(paths, new IngestOptions { KeepBytes = true }, terminal.In))
                {
                    await ahead.TakeAsync(item.Bytes.Length, stop);
                    await items.WriteAsync(item, stop);
                }
                items.TryComplete();
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested) { }
            catch (Exception failure) { items.TryComplete(failure); }
        }

        /// <summary>A batch is what has been read so far, so that a followed input is not held back.</summary>
        private async Task SendAllAsync(ChannelReader<IngestItem> items, ByteBudget ahead, CancellationToken cancellation)
        {
            var batch = new List<OutgoingRecord>(MaxBatch);
            while (await items.WaitToReadAsync(cancellation))
            {
                long bytes = 0;
                while (batch.Count < MaxBatch && bytes < MaxBatchBytes && items.TryRead(out var item))
                {
                    bytes += item.Bytes.Length;
                    if (item.Message is null) Refused(item);
                    else batch.Add(Record(item));
                }
                await sink.SendAsync(batch, cancellation);
                ahead.Return(bytes);
                _sent += batch.Count;
                batch.Clear();
                Progress();
            }
        }

        private OutgoingRecord Record(IngestItem item)
        {
            string id = item.Message!.Id!;
            return CloudEventHeaders.ToRecord(CloudEventHeaders.Event(id, source, "detection.message.v1", TimeProvider.System.GetUtcNow(), item.ContentType, item.Bytes, key: id));
        }

        private void Refused(IngestItem item)
        {
            _errors++;
            terminal.Error.WriteLine($"{item.Place}: {item.Error}");
        }

        private void Progress(bool last = false)
        {
            double seconds = Math.Max(0.001, TimeProvider.System.GetElapsedTime(_started).TotalSeconds);
            string line = string.Create(CultureInfo.InvariantCulture, $"{_sent} messages sent, {_sent / seconds:F0} messages/s{(_errors > 0 ? $", {_errors} could not be read" : "")}");
            if (last) terminal.Error.WriteLine((terminal.IsErrorTerminal ? "\r\e[K" : "") + line);
            else if (terminal.IsErrorTerminal) terminal.Error.Write("\r\e[K" + line);
        }
    }

    /// <summary>Bytes read ahead and not sent; one larger message goes alone. One taker.</summary>
    private sealed class ByteBudget(long most) : IDisposable
    {
        private readonly SemaphoreSlim _returned = new(0);
        private long _taken;

        public async Task TakeAsync(int bytes, CancellationToken cancellation)
        {
            while (Interlocked.Read(ref _taken) is > 0 and var taken && taken + bytes > most) await _returned.WaitAsync(cancellation);
            Interlocked.Add(ref _taken, bytes);
        }

        public void Return(long bytes)
        {
            Interlocked.Add(ref _taken, -bytes);
            _returned.Release();
        }

        public void Dispose() => _returned.Dispose();
    }
}
