using Spectre.Console;

namespace Detection.Standalone;

/// <summary>Data goes to <see cref="Out"/>, all else to <see cref="Error"/>; colour and progress only where a person looks at a terminal.</summary>
internal sealed class Terminal
{
    public TextWriter Out { get; init; } = new StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(false), 1 << 16) { AutoFlush = Console.IsOutputRedirected is false };
    public TextWriter Error { get; init; } = Console.Error;

    /// <summary>Standard input as bytes.</summary>
    public Stream In { get; init; } = Console.OpenStandardInput();

    /// <summary>A person types.</summary>
    public bool IsInputTerminal { get; init; } = !Console.IsInputRedirected;
    public bool IsOutputTerminal { get; } = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
    public bool IsErrorTerminal { get; } = !Console.IsErrorRedirected;

    /// <summary>For tables and colour on standard output; plain text where it is no terminal.</summary>
    public IAnsiConsole Screen => _console ??= AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Out), Ansi = IsOutputTerminal ? AnsiSupport.Detect : AnsiSupport.No });

    /// <summary>For progress on standard error.</summary>
    public IAnsiConsole Progress => _progress ??= AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Error), Ansi = IsErrorTerminal ? AnsiSupport.Detect : AnsiSupport.No });

    private IAnsiConsole? _console, _progress;
}
