using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Detection.Contracts;
using Detection.ServiceDefaults;
using Detection.Streaming;

namespace Detection.Standalone.Commands;

/// <summary><c>dead-letters list|show|retry</c>: what could not be processed, and why.</summary>
internal static class DeadLettersCommand
{
    public static Command Create(Terminal terminal) => new("dead-letters", "Shows and retries messages that could not be processed.")
    {
        List(terminal),
        Show(terminal),
        Retry(terminal),
    };

    private static Command List(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "One JSON line a letter." };
        var command = new Command("list", "Lists dead letters, oldest first.") { json };
        command.SetAction((parsed, cancellation) => With(async letters =>
        {
            long after = 0;
            while (await letters.ListAsync(after, 500, cancellation) is { Count: > 0 } page)
            {
                foreach (var letter in page)
                    await terminal.Out.WriteLineAsync(parsed.GetValue(json)
                        ? JsonSerializer.Serialize(new { id = letter.Id, at = letter.At, topic = letter.Delivery.Topic, partition = letter.Delivery.Partition, offset = letter.Delivery.Offset, exception = letter.Reason.Exception, message = letter.Reason.Message, attempts = letter.Reason.Attempts }, ContractJson.Options)
                        : string.Create(CultureInfo.InvariantCulture, $"{letter.Id,6}  {ContractJson.Time(letter.At)[..19]}  {letter.Delivery.Topic}/{letter.Delivery.Partition}@{letter.Delivery.Offset}  {letter.Reason.Exception}: {letter.Reason.Message}"));
                after = page[^1].Id;
            }
            return CommandLine.Done;
        }, terminal, cancellation));
        return command;
    }

    private static Command Show(Terminal terminal)
    {
        var id = new Argument<long>("id");
        var command = new Command("show", "Prints the record of a dead letter as it was received.") { id };
        command.SetAction((parsed, cancellation) => With(async letters =>
        {
            var letter = await letters.FindAsync(parsed.GetValue(id), cancellation) ?? throw new UsageException($"There is no dead letter {parsed.GetValue(id)}.");
            await terminal.Error.WriteLineAsync($"{letter.Reason.Exception}: {letter.Reason.Message}");
            foreach (var (name, value) in letter.Delivery.Headers) await terminal.Error.WriteLineAsync($"{name}: {value}");
            string text = Encoding.UTF8.GetString(letter.Delivery.Value.Span);
            // What strangers sent must not steer the terminal.
            await terminal.Out.WriteLineAsync(terminal.IsOutputTerminal ? string.Join('\n', text.Split('\n').Select(VerdictLines.OneLine)) : text);
            return CommandLine.Done;
        }, terminal, cancellation));
        return command;
    }

    private static Command Retry(Terminal terminal)
    {
        var ids = new Argument<long[]>("id") { Arity = ArgumentArity.OneOrMore };
        var command = new Command("retry", "Puts dead letters back on the stream.") { ids };
        command.SetAction((parsed, cancellation) => With(async letters =>
        {
            int retried = await letters.RetryAsync(parsed.GetValue(ids)!, cancellation);
            await terminal.Error.WriteLineAsync($"{retried} of {parsed.GetValue(ids)!.Length} put back.");
            return retried == parsed.GetValue(ids)!.Length ? CommandLine.Done : CommandLine.BadInput;
        }, terminal, cancellation));
        return command;
    }

    private static async Task<int> With(Func<IDeadLetters, Task<int>> act, Terminal terminal, CancellationToken cancellation)
    {
        await using var stream = ConfiguredStream.Of(Configuration.Read([]), TimeProvider.System, terminal.Error.WriteLine);
        await stream.OpenDeadLettersAsync(cancellation);
        return await act(stream.DeadLetters);
    }
}
