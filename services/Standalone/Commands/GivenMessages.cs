using Detection.Contracts;
using Detection.Ingest;

namespace Detection.Standalone.Commands;

/// <summary>Messages from the paths that a command was given, one after the other; what cannot be read is said with its place, and counted.</summary>
internal sealed class GivenMessages(Terminal terminal, CancellationToken cancellation)
{
    private int _errors;

    public int ExitCode => _errors > 0 ? CommandLine.BadInput : CommandLine.Done;

    public IEnumerable<Message> Read(IEnumerable<string> paths, IngestOptions ingest)
    {
        foreach (var item in MessageSources.Read(paths, ingest, terminal.In))
        {
            cancellation.ThrowIfCancellationRequested();
            if (item.Message is { } message)
            {
                yield return message;
                continue;
            }
            _errors++;
            terminal.Error.WriteLine($"{item.Place}: {item.Error}");
        }
    }
}
