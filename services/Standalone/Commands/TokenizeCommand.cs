using System.CommandLine;
using System.Text.Json;
using Detection.Checkpoints;
using Detection.Text;

namespace Detection.Standalone.Commands;

/// <summary><c>tokenize</c>: ids and offsets of each line, from a folder with <c>tokenizer.json</c> or a GGUF file; needs no weights.</summary>
internal static class TokenizeCommand
{
    public static Command Create(Terminal terminal)
    {
        var path = new Argument<string>("path") { DefaultValueFactory = _ => "-", Description = "JSON lines of {\"id\",\"text\"}; - is standard input; .gz is read." };
        var model = new Option<string>("--model") { Required = true, Description = "A folder with tokenizer.json, a tokenizer.json, or a .gguf file.", HelpName = "FOLDER|FILE.gguf" };
        var special = new Option<string>("--special") { DefaultValueFactory = _ => "none", Description = "Whether the special tokens around a text are added." };
        special.AcceptOnlyFromAmong("none", "default");
        var command = new Command("tokenize", "Prints {\"id\",\"ids\",\"offsets\"} for each line of {\"id\",\"text\"}.") { path, model, special };
        command.SetAction((parsed, cancellation) =>
        {
            var tokenizer = Open(parsed.GetValue(model)!);
            var added = parsed.GetValue(special) == "default" ? SpecialTokens.Default : SpecialTokens.None;
            foreach (var line in TextLine.Read(parsed.GetValue(path)!, terminal.In))
            {
                cancellation.ThrowIfCancellationRequested();
                var tokens = tokenizer.Encode(line.Text, added);
                terminal.Out.WriteLine(JsonSerializer.Serialize(new { id = line.Id, ids = tokens.Ids, offsets = Offsets(tokens) }));
            }
            return Task.FromResult(CommandLine.Done);
        });
        return command;
    }

    /// <summary>Pairs of UTF-16 offsets, end exclusive.</summary>
    internal static IEnumerable<int[]> Offsets(Tokens tokens) => tokens.Starts.Zip(tokens.Ends, (start, end) => new[] { start, end });

    private static Tokenizer Open(string path)
    {
        if (!path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)) return Tokenizer.Load(path);
        using var checkpoint = Checkpoint.Open(path);
        return checkpoint.Tokenizer is { } tokenizer
            ? new Tokenizer(tokenizer, checkpoint.Config)
            : throw new NotSupportedException($"{path}: the tokenizer of this file is not byte-level BPE.");
    }
}
