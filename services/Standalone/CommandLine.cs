using System.CommandLine;
using System.ComponentModel.DataAnnotations;
using System.Runtime.InteropServices;
using Detection.Checkpoints;
using Detection.Detectors.Bundles;
using Detection.Ingest;
using Detection.ServiceDefaults;
using Detection.Standalone.Commands;

namespace Detection.Standalone;

/// <summary>What was asked for cannot be done as asked; the sentence names what is wrong. Exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The <c>detection</c> command: one subcommand a file. Exit codes: 0 done, 1 failed, 2 wrong usage or bad input, 130 cancelled.</summary>
internal static class CommandLine
{
    public const int Done = 0, Failed = 1, BadInput = 2, Cancelled = 130;

    public static async Task<int> RunAsync(string[] args, Terminal terminal)
    {
        var parsed = Root(terminal).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors) await terminal.Error.WriteLineAsync(error.Message);
            await terminal.Error.WriteLineAsync("See 'detection --help'.");
            return BadInput;
        }
        using var stop = new CancellationTokenSource();
        ConsoleCancelEventHandler cancel = (_, pressed) =>
        {
            // The second Ctrl-C ends the process at once.
            pressed.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        };
        Console.CancelKeyPress += cancel;
        // What stops a service (docker stop, systemd): as the first Ctrl-C, in every command.
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            stop.Cancel();
        });
        try { return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = terminal.Out, Error = terminal.Error, ProcessTerminationTimeout = null }, stop.Token); }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { return Cancelled; }
        catch (Exception failure)
        {
            await terminal.Error.WriteLineAsync(Sentence(failure));
            return IsBadInput(failure) ? BadInput : Failed;
        }
        finally
        {
            Console.CancelKeyPress -= cancel;
            await terminal.Out.FlushAsync(CancellationToken.None);
        }
    }

    private static RootCommand Root(Terminal terminal)
    {
        var root = new RootCommand("Detection reads mail and feeds as they stream in and says what each message is doing to people.");
        Command[] commands =
        [
            DemoCommand.Create(terminal),
            ServeCommand.Create(terminal),
            ScanCommand.Create(terminal),
            ScoreCommand.Create(terminal),
            TokenizeCommand.Create(terminal),
            EvaluateCommand.Create(terminal),
            BenchCommand.Create(terminal),
            SamplesCommand.Create(terminal),
            TrainCommand.Create(terminal),
            CalibrateCommand.Create(terminal),
            ModelsCommand.Create(terminal),
            ReplayCommand.Create(terminal),
            SendCommand.Create(terminal),
            TopicsCommand.Create(terminal),
            DeadLettersCommand.Create(terminal),
            EraseCommand.Create(terminal),
            KeysCommand.Create(terminal),
            UsersCommand.Create(terminal),
            IndicesCommand.Create(terminal),
            .. HostCommands.Create(),
        ];
        foreach (var command in commands) root.Subcommands.Add(command);
        return root;
    }

    /// <summary>What was given cannot be used: an argument, an option, a model, a file.</summary>
    private static bool IsBadInput(Exception failure) => failure switch
    {
        AggregateException { InnerException: { } inner } => IsBadInput(inner),
        UsageException or InvalidOptionsException or ValidationException or BundleException or CheckpointException or IngestException => true,
        _ => failure is InvalidDataException or NotSupportedException or FormatException or FileNotFoundException or DirectoryNotFoundException,
    };

    /// <summary>One sentence a person can act on; the stack is for bugs.</summary>
    private static string Sentence(Exception failure) => failure switch
    {
        AggregateException { InnerException: { } inner } => Sentence(inner),
        _ => IsBadInput(failure) || failure is IOException or UnauthorizedAccessException ? failure.Message : failure.ToString(),
    };
}
