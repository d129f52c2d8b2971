using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Detection.Detectors.Criteria;
using Detection.Model;
using Detection.Text;

namespace Detection.Standalone.Commands;

/// <summary><c>score</c>: what the model thinks of each token of the text as given, without normalisation.</summary>
internal static class ScoreCommand
{
    /// <summary>Lines that are scored in one call, and their tokens: enough to fill the model's packs.</summary>
    private const int MaxBatch = 256, MaxBatchTokens = 16_384;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static Command Create(Terminal terminal)
    {
        var path = new Argument<string>("path") { DefaultValueFactory = _ => "-", Description = "A text, or with --jsonl lines of {\"id\",\"text\"}; - is standard input; .gz is read." };
        var jsonl = new Option<bool>("--jsonl") { Description = "Lines of {\"id\",\"text\"} in, lines of {\"id\",\"ids\",\"offsets\",\"logProb\",\"rank\",\"entropy\",\"variance\"} out, with an observer also \"crossEntropy\"." };
        var bos = new Option<string>("--bos") { DefaultValueFactory = _ => "default", Description = "The beginning-of-text token: none, what the tokenizer adds by default, or always." };
        bos.AcceptOnlyFromAmong("none", "default", "always");
        var html = new Option<FileInfo>("--html") { Description = "Writes a self-contained page with the heat map.", HelpName = "FILE" };
        var shared = new ModelOptions(observer: true);
        var command = new Command("score", "Shows how surprising each token is: a heat map, a page, or numbers.") { path, jsonl, bos, html };
        shared.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(jsonl) && parsed.GetValue(html) is not null) throw new UsageException("--html shows one text, --jsonl many: give one of them.");
            using var model = LoadedModel.Load(Configuration.Read(shared.Settings(parsed)));
            string mode = parsed.GetValue(bos)!, from = parsed.GetValue(path)!;
            if (parsed.GetValue(jsonl)) ScoreLines(terminal, model, TextLine.Read(from, terminal.In), mode, cancellation);
            else Show(terminal, model, TextLine.ReadWhole(from, terminal.In), from, mode, parsed.GetValue(html), cancellation);
            return Task.FromResult(CommandLine.Done);
        });
        return command;
    }

    /// <summary>The lines in order, in batches. What stood before a broken line is scored before the line is named.</summary>
    private static void ScoreLines(Terminal terminal, LoadedModel model, IEnumerable<TextLine> lines, string bos, CancellationToken cancellation)
    {
        var batch = new List<(string Id, Tokens Tokens)>();
        int tokens = 0;
        try
        {
            foreach (var line in lines)
            {
                cancellation.ThrowIfCancellationRequested();
                var text = Tokenise(model, line.Text, bos);
                if (batch.Count == MaxBatch || batch.Count > 0 && tokens + text.Count > MaxBatchTokens) ScoreBatch();
                batch.Add((line.Id, text));
                tokens += text.Count;
            }
        }
        catch (UsageException)
        {
            ScoreBatch();
            throw;
        }
        ScoreBatch();

        void ScoreBatch()
        {
            var scores = WindowedScores.Score(model.Scorer, model.Observer, [.. batch.Select(line => line.Tokens.Ids)], cancellation);
            for (int i = 0; i < batch.Count; i++) Write(terminal.Out, batch[i].Id, batch[i].Tokens, scores[i]);
            batch.Clear();
            tokens = 0;
        }
    }

    private static Tokens Tokenise(LoadedModel model, string text, string bos)
    {
        var tokens = model.Tokenizer.Encode(text, bos == "none" ? SpecialTokens.None : SpecialTokens.Default);
        if (bos != "always") return tokens;
        int id = model.Tokenizer.BosId ?? throw new UsageException("--bos always: this tokenizer has no beginning-of-text token.");
        return tokens.Count > 0 && tokens.Ids[0] == id ? tokens : new Tokens([id, .. tokens.Ids], [0, .. tokens.Starts], [0, .. tokens.Ends]);
    }

    private static void Write(TextWriter output, string id, Tokens tokens, TextScores scores) => output.WriteLine(JsonSerializer.Serialize(new ScoredLine(
        id, tokens.Ids, TokenizeCommand.Offsets(tokens), scores.Tokens.LogProb, scores.Tokens.Rank, scores.Tokens.Entropy, scores.Tokens.Variance, scores.Second?.CrossEntropy), Json));

    private sealed record ScoredLine(string Id, int[] Ids, IEnumerable<int[]> Offsets, float[] LogProb, int[] Rank, float[] Entropy, float[] Variance, float[]? CrossEntropy);

    private static void Show(Terminal terminal, LoadedModel model, string text, string name, string bos, FileInfo? page, CancellationToken cancellation)
    {
        var tokens = Tokenise(model, text, bos);
        var (scores, second) = WindowedScores.Score(model.Scorer, model.Observer, [tokens.Ids], cancellation)[0];
        var heat = Enumerable.Range(0, tokens.Count)
            .Where(i => tokens.Ends[i] > tokens.Starts[i])
            .Select(i => i == 0 ? new HeatToken(tokens.Starts[0], tokens.Ends[0], float.NaN, -1, float.NaN) : new HeatToken(tokens.Starts[i], tokens.Ends[i], scores.LogProb[i - 1], scores.Rank[i - 1], scores.Entropy[i - 1]))
            .ToArray();
        var criteria = ZeroShot.Measure(new PredictedTokens(scores.LogProb, scores.Rank, scores.Entropy, scores.Variance) { Second = second });
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
