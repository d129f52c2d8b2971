using System.Collections.Concurrent;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Detection.Contracts;
using Detection.Detector;
using Detection.Detectors;
using Detection.Detectors.Explaining;
using Detection.Ingest;

namespace Detection.Standalone.Commands;

/// <summary><c>scan</c>: one verdict a message, in the order of the input, with bounded memory.</summary>
internal static class ScanCommand
{
    /// <summary>A batch of the model, and how far reading runs ahead of it.</summary>
    private const int MaxBatch = 64, MaxBatchCharacters = 60_000, ReadAhead = 256;

    public static Command Create(Terminal terminal)
    {
        var paths = new Argument<string[]>("path") { Arity = ArgumentArity.OneOrMore, Description = "Mail files, mbox, Maildir, JSON lines of messages, text, folders that mix them; - is standard input; .gz is read." };
        var format = new Option<string>("--format") { DefaultValueFactory = _ => "table", Description = "table for people, jsonl for one Verdict a line." };
        format.AcceptOnlyFromAmong("table", "jsonl");
        var json = new Option<bool>("--json") { Description = "The same as --format jsonl." };
        var explain = new Option<bool>("--explain") { Description = "Adds the evidence in words to the table, and what normalisation changed: each text is then read a second time, as it was sent." };
        var shared = new ModelOptions(observer: true, second: true);
        var command = new Command("scan", "Judges messages from files, folders or standard input.") { paths, format, json, explain };
        shared.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var options = Configuration.Read(shared.Settings(parsed));
            using var pipeline = Pipelines.LoadForDuty(options, TimeProvider.System, warning => terminal.Error.WriteLine(warning));
            bool lines = parsed.GetValue(json) || parsed.GetValue(format) == "jsonl";
            return Task.FromResult(new Scan(terminal, pipeline, DetectorHost.Ingest(options), lines, parsed.GetValue(explain)).Run(parsed.GetValue(paths)!, cancellation));
        });
        return command;
    }

    private sealed class Scan(Terminal terminal, DetectionPipeline pipeline, IngestOptions ingest, bool lines, bool explain)
    {
        private readonly VerdictLines _table = new(terminal);
        private long _messages, _tokens, _errors;

        public int Run(string[] paths, CancellationToken cancellation)
        {
            long start = TimeProvider.System.GetTimestamp();
            if (!lines) _table.Head();
            using var ahead = new BlockingCollection<IngestItem>(ReadAhead);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var reading = Task.Run(() => ReadAll(paths, ahead, stop.Token), CancellationToken.None);
            try
            {
                foreach (var batch in Batches(ahead.GetConsumingEnumerable(cancellation)))
                {
                    Judge(batch, cancellation);
                    Progress(start);
                }
            }
            finally { stop.Cancel(); }
            reading.GetAwaiter().GetResult();
            Progress(start, last: true);
            return _errors > 0 ? CommandLine.BadInput : CommandLine.Done;
        }

        private void ReadAll(string[] paths, BlockingCollection<IngestItem> ahead, CancellationToken stop)
        {
            try
            {
                foreach (var item in MessageSources.Read(paths, ingest, terminal.In)) ahead.Add(item, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested) { }
            finally { ahead.CompleteAdding(); }
        }

        private static IEnumerable<List<IngestItem>> Batches(IEnumerable<IngestItem> items)
        {
            var batch = new List<IngestItem>();
            int characters = 0;
            foreach (var item in items)
            {
                batch.Add(item);
                characters += item.Message?.Text?.Length ?? 0;
                if (batch.Count < MaxBatch && characters < MaxBatchCharacters) continue;
                yield return batch;
                (batch, characters) = ([], 0);
            }
            if (batch.Count > 0) yield return batch;
        }

        private void Judge(List<IngestItem> batch, CancellationToken cancellation)
        {
            Message[] messages = [.. batch.Where(item => item.Message is not null).Select(item => item.Message!)];
            (JudgedMessage Judged, ExplainedMessage? Explained)[] judged = explain && !lines
                ? [.. pipeline.Explain(messages, cancellation).Select(one => (one.Judged, (ExplainedMessage?)one))]
                : [.. pipeline.Judge(messages, cancellation).Select(one => (one, (ExplainedMessage?)null))];
            int next = 0;
            foreach (var item in batch)
                if (item.Message is null)
                {
                    _errors++;
                    terminal.Error.WriteLine($"{item.Place}: {item.Error}");
                }
                else Write(judged[next].Judged, judged[next++].Explained);
        }

        private void Write(JudgedMessage one, ExplainedMessage? explained)
        {
            _messages++;
            _tokens += one.Tokens;
            if (lines) terminal.Out.WriteLine(JsonSerializer.Serialize<Verdict>(one, ContractJson.Options));
            else _table.Write(one, explained);
        }

        private void Progress(long start, bool last = false)
        {
            double seconds = Math.Max(0.001, TimeProvider.System.GetElapsedTime(start).TotalSeconds);
            string line = string.Create(CultureInfo.InvariantCulture, $"{_messages} messages, {_messages / seconds:F1} messages/s, {_tokens / seconds:F0} tokens/s{(_errors > 0 ? $", {_errors} could not be read" : "")}");
            if (last) terminal.Error.WriteLine((terminal.IsErrorTerminal ? "\r\e[K" : "") + line);
            else if (terminal.IsErrorTerminal) terminal.Error.Write("\r\e[K" + line);
        }
    }
}
