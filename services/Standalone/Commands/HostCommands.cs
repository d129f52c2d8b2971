using System.CommandLine;

namespace Detection.Standalone.Commands;

/// <summary><c>worker</c>, <c>moderation</c>, <c>trainer</c>: one service alone, the same hosts as in <c>services</c>.</summary>
internal static class HostCommands
{
    public static IEnumerable<Command> Create() =>
    [
        Host("worker", "Runs the detector alone: stream, model, store, HTTP scan.", Detector.Program.Main),
        Host("moderation", "Runs the dashboard and its API alone.", Moderation.Program.Main),
        Host("trainer", "Retrains the heads with what moderators decided.", Trainer.Program.Main),
    ];

    private static Command Host(string name, string description, Func<string[], Task<int>> main)
    {
        var settings = new Argument<string[]>("settings") { Arity = ArgumentArity.ZeroOrMore, Description = "Configuration, for example --Detection:Http:Urls=http://127.0.0.1:5081." };
        var command = new Command(name, description) { settings };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((parsed, _) => main([.. parsed.GetValue(settings) ?? [], .. parsed.UnmatchedTokens]));
        return command;
    }
}
