using System.CommandLine;

namespace Detection.Standalone.Commands;

internal static class BenchCommand
{
    public static Command Create(Terminal terminal) => new("bench");
}
