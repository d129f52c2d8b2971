namespace Detection.Standalone;

/// <summary>Progress of long work as lines on standard error.</summary>
internal sealed class ProgressLines(Terminal terminal) : IProgress<string>
{
    public void Report(string value) => terminal.Error.WriteLine(value);
}
