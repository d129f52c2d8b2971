using System.Text;
using Detection.Standalone;

namespace Detection.Tests.Standalone;

/// <summary>The <c>detection</c> command in this process, with what it printed.</summary>
internal sealed record TheCommand(int ExitCode, string Output, string Error)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static async Task<TheCommand> RunAsync(string[] args, string input = "")
    {
        using StringWriter output = new(), error = new();
        using MemoryStream given = new(Encoding.UTF8.GetBytes(input));
        int exitCode = await CommandLine.RunAsync(args, new Terminal { Out = output, Error = error, In = given, IsInputTerminal = false });
        return new TheCommand(exitCode, output.ToString(), error.ToString());
    }
}
