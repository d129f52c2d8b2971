using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Detection.Detectors.Criteria;
using Detection.Model;
using Detection.Text;

namespace Detection.Standalone.Commands;

/// <summary><c>score</c>: what the model thinks of each token of the text as given, without normalisation.</summary>
internal static class ScoreCommand
{
    public static Command Create(Terminal terminal)
    {
        var path = new Argument<string>("path") { DefaultValueFactory = _ => "-", Description = "A text, or with --jsonl lines of {\"id\",\"text\"}; - is standard input; .gz is read." };
        var jsonl = new Option<bool>("--jsonl") { Description = "Lines of {\"id\",\"text\"} in, lines of {\"id\",\"ids\",\"offsets\",\"logProb\",\"rank\",\"entropy\",\"variance\"} out." };
        var bos = new Option<string>("--bos") { DefaultValueFactory = _ => "default", Description = "The beginning-of-text token: none, what the tokenizer adds by default, or always." };
        bos.AcceptOnlyFromAmong("none", "default", "always");
        var html = new Option<FileInfo>("--html") { Description = "Writes a self-contained page with the heat map.", HelpName = "FILE" };
        var shared = new ModelOptions();
        var command = new Command("score", "Shows how surprising each token is: a heat map, a page, or numbers.") { path, jsonl, bos, html };
        shared.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(jsonl) && parsed.GetValue(html) is not null) throw new UsageException("--html shows one text, --jsonl many: give one of them.");
            using var model = LoadedModel.Load(Configuration.Read(shared.Settings(parsed)));
            string mode = parsed.GetValue(bos)!, from = parsed.GetValue(path)!;
            if (parsed.GetValue(jsonl)) foreach (var line in TextLine.Read(from, terminal.In)) Write(terminal.Out, line.Id, Score(model, line.Text, mode, cancellation));
            else Show(terminal, model, TextLine.ReadWhole(from, terminal.In), from, mode, parsed.GetValue(html), cancellation);
            return Task.FromResult(CommandLine.Done);
        });
        return command;
    }

    private static (Tokens Tokens, TokenScores Scores) Score(LoadedModel model, string text, string bos, CancellationToken cancellation)
    {
        var tokens = model.Tokenizer.Encode(text, bos == "none" ? SpecialTokens.None : SpecialTokens.Default);
        if (bos == "always")
        {
            int id = model.Tokenizer.BosId ?? throw new UsageException("--bos always: this tokenizer has no beginning-of-text token.");
            if (tokens.Count == 0 || tokens.Ids[0] != id) tokens = new Tokens([id, .. tokens.Ids], [0, .. tokens.Starts], [0, .. tokens.Ends]);
        }
        return (tokens, WindowedScores.Score(model.Scorer, tokens.Ids, cancellation));
    }

    private static void Write(TextWriter output, string id, (Tokens Tokens, TokenScores Scores) scored) => output.WriteLine(JsonSerializer.Serialize(new
    {
        id,
        ids = scored.Tokens.Ids,
        offsets = TokenizeCommand.Offsets(scored.Tokens),
        logProb = scored.Scores.LogProb,
        rank = scored.Scores.Rank,
        entropy = scored.Scores.Entropy,
        variance = scored.Scores.Variance,
    }));

    private static void Show(Terminal terminal, LoadedModel model, string text, string name, string bos, FileInfo? page, CancellationToken cancellation)
    {
        var (tokens, scores) = Score(model, text, bos, cancellation);
        var heat = Enumerable.Range(0, tokens.Count)
            .Where(i => tokens.Ends[i] > tokens.Starts[i])
            .Select(i => i == 0 ? new HeatToken(tokens.Starts[0], tokens.Ends[0], float.NaN, -1, float.NaN) : new HeatToken(tokens.Starts[i], tokens.Ends[i], scores.LogProb[i - 1], scores.Rank[i - 1], scores.Entropy[i - 1]))
            .ToArray();
        var criteria = ZeroShot.Measure(new PredictedTokens(scores.LogProb, scores.Rank, scores.Entropy, scores.Variance));
        if (page is not null)
        {
            File.WriteAllText(page.FullName, HeatMap.ForPage(name == "-" ? "Scored text" : Path.GetFileName(name), text, heat, criteria));
            terminal.Error.WriteLine(page.FullName);
            return;
        }
        terminal.Out.WriteLine(HeatMap.ForTerminal(text, heat, terminal.IsOutputTerminal));
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(HeatMap.Legend(terminal.IsOutputTerminal));
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{tokens.Count} tokens, model {model.Source.Name}"));
        foreach (var (criterion, value) in criteria)
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{criterion,-20} {value?.ToString("F4", CultureInfo.InvariantCulture) ?? "-",12}"));
    }
}
