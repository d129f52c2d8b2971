using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Detection.Detector;
using Detection.Detectors;
using Detection.Learning.Data;
using Detection.Learning.Evaluating;
using Detection.Learning.Pretraining;
using Detection.ServiceDefaults;

namespace Detection.Standalone.Commands;

/// <summary><c>evaluate</c>: a model's figures on labelled files, with intervals and the rows named.</summary>
internal static class EvaluateCommand
{
    private const string Language = "language";

    /// <summary>The recipe of published-numbers.md §2.7.</summary>
    private const int SyntheticRows = 200;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static Command Create(Terminal terminal)
    {
        var task = new Option<string>("--task") { Description = "What the files are labelled for; language: bits per byte of the language model, by domain of corpus documents." };
        task.AcceptOnlyFromAmong("synthetic", "spam", "manipulation", Language);
        var data = new Option<string[]>("--data") { Required = true, AllowMultipleArgumentsPerToken = true, Description = "Labelled JSON lines; .gz is read.", HelpName = "FILE…" };
        var split = new Option<string>("--split") { Description = "Only this published split." };
        var final = new Option<bool>("--final") { Description = "The final half, or a published test split whole. Each such look is logged in the data folder." };
        var baseline = new Option<string>("--baseline") { Description = "Also trains this baseline on each file's own train rows." };
        baseline.AcceptOnlyFromAmong("tfidf");
        var loso = new Option<bool>("--loso") { Description = "Leave one source out: trains heads on all files but those of one source and measures on that; the model's own heads are not asked." };
        var rows = new Option<int?>("--rows") { Description = "Most rows of a file, for language of a domain. Default 200 for synthetic, all elsewhere. With --attacks and --passages, of the whole sample." };
        var features = new Option<string>("--features") { Description = "Folder of stored features. Default: features in the data folder.", HelpName = "FOLDER" };
        var maxTokens = new Option<int?>("--max-tokens") { Description = "Tokens of each text that are read, for models without heads." };
        var layers = new Option<int[]>("--layers") { AllowMultipleArgumentsPerToken = true, Description = "With --loso: layers whose hidden states the heads read.", HelpName = "N…" };
        var attacks = new Option<bool>("--attacks") { Description = $"For synthetic: what eight attacks on a text do, on one sample of at most {AttackEvaluation.MostTexts} rows over all files." };
        var passages = new Option<bool>("--passages") { Description = "For synthetic: puts machine-written paragraphs into texts by people, 200 over all files, and looks whether they are found and pointed at." };
        var card = new Option<bool>("--card") { Description = "The figures of a bundle's model card, in place of --task: files of every task; tables and pictures are written beside the bundle and linked in its README.md. With --attacks also by attack." };
        var output = new Option<string>("--out") { Description = "With --card: where to write instead.", HelpName = "FOLDER" };
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var shared = new ModelOptions(observer: true, second: true);
        var command = new Command("evaluate", "Measures a model on labelled files: the study half, unless told otherwise.") { task, data, split, final, baseline, loso, rows, features, maxTokens, layers, attacks, passages, card, output, json };
        shared.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(card) == (result.GetResult(task) is not null)) result.AddError("--task or --card: one of them.");
            if (result.GetValue(card) && (result.GetValue(loso) || result.GetValue(baseline) is not null)) result.AddError("--card goes with neither --loso nor --baseline.");
            if (result.GetValue(output) is not null && !result.GetValue(card)) result.AddError("--out: only with --card.");
            if (result.GetValue(loso) && result.GetValue(task) == Language) result.AddError("--loso: a language model has no sources to leave out.");
            if (result.GetValue(layers) is { Length: > 0 } && !result.GetValue(loso)) result.AddError("--layers: only with --loso.");
            if (new[] { loso, attacks, passages }.Count(result.GetValue) > 1) result.AddError("--loso, --attacks and --passages are evaluations of their own: one at a time.");
            if (shared.HasSecond(result) && (result.GetValue(card) || result.GetValue(task) is not ("synthetic" or "spam") || result.GetValue(loso) || result.GetValue(attacks) || result.GetValue(passages) || result.GetValue(baseline) is not null))
                result.AddError("--second: only for --task synthetic and spam, without --loso, --attacks, --passages and --baseline.");
        });
        command.SetAction((parsed, cancellation) =>
        {
            var options = Configuration.Read(shared.Settings(parsed));
            // Everything else is measured of one model.
            if (!shared.HasSecond(parsed.CommandResult)) options.Second = null;
            bool ofCard = parsed.GetValue(card);
            // The card shows both sets of heads side by side, the default one first.
            if (ofCard) options.Heads = "default";
            var learned = ofCard ? LearningTask.Synthetic : parsed.GetValue(task) == Language ? (LearningTask?)null : Enum.Parse<LearningTask>(parsed.GetValue(task)!, ignoreCase: true);
            if (parsed.GetValue(passages) && (learned != LearningTask.Synthetic || parsed.GetValue(baseline) is not null)) throw new UsageException("--passages goes with --task synthetic, and with no baseline.");
            if (parsed.GetValue(attacks) && (learned != LearningTask.Synthetic || parsed.GetValue(baseline) is not null)) throw new UsageException("--attacks goes with --task synthetic, and with no baseline.");
            if (learned is not { } answer)
            {
                WriteBits(terminal, options, parsed.GetValue(data)!, parsed.GetValue(rows) ?? int.MaxValue, parsed.GetValue(json), cancellation);
                return Task.FromResult(CommandLine.Done);
            }
            using var pipeline = Pipelines.Load(options, TimeProvider.System, warning => terminal.Error.WriteLine(warning), parsed.GetValue(maxTokens),
                parsed.GetValue(layers) is { Length: > 0 } chosen ? chosen : null);
            string folder = parsed.GetValue(features) ?? Path.Combine(options.Data, "features");
            if (parsed.GetValue(loso))
            {
                WriteLeftOut(terminal, pipeline, parsed.GetValue(task)!, parsed.GetValue(data)!, parsed.GetValue(rows), folder, parsed.GetValue(json), cancellation);
                return Task.FromResult(CommandLine.Done);
            }
            var measured = new EvaluationOptions
            {
                Task = answer,
                Files = parsed.GetValue(data)!,
                Split = parsed.GetValue(split),
                Final = parsed.GetValue(final),
                Rows = parsed.GetValue(rows) ?? 0,
                TfidfBaseline = parsed.GetValue(baseline) is not null,
                Features = folder,
                DataFolder = options.Data,
            };
            if (ofCard) WriteCard(terminal, pipeline, measured, parsed.GetValue(attacks), parsed.GetValue(output), parsed.GetValue(json), cancellation);
            else if (parsed.GetValue(attacks)) Write(terminal, parsed.GetValue(json), AttackEvaluation.Run(pipeline, measured, new ProgressLines(terminal), cancellation), EvaluationText.Of);
            else if (parsed.GetValue(passages)) Write(terminal, parsed.GetValue(json), PassageEvaluation.Run(pipeline, measured, new ProgressLines(terminal), cancellation), EvaluationText.Of);
            else if (pipeline.Second is not null) Write(terminal, parsed.GetValue(json), CascadeEvaluation.Run(pipeline, measured, new ProgressLines(terminal), cancellation), CascadeEvaluation.Table);
            else Write(terminal, parsed.GetValue(json), Evaluation.Run(pipeline, measured, new ProgressLines(terminal), cancellation), EvaluationText.Of);
            return Task.FromResult(CommandLine.Done);
        });
        return command;
    }

    private static void Write<T>(Terminal terminal, bool json, T report, Func<T, string> text) => terminal.Out.WriteLine(json ? JsonSerializer.Serialize(report, Json) : text(report));

    private static void WriteCard(Terminal terminal, DetectionPipeline pipeline, EvaluationOptions measured, bool attacks, string? output, bool json, CancellationToken cancellation)
    {
        string folder = output ?? pipeline.Source.Bundle?.Folder ?? throw new UsageException($"--card: {pipeline.Source.Name} is a model without heads; a card is of a bundle.");
        var report = CardEvaluation.Run(pipeline, measured, attacks, new ProgressLines(terminal), cancellation);
        var written = CardEvaluation.Write(report, folder);
        Write(terminal, json, report, _ => $"{string.Join(", ", written)} in {folder}");
    }

    private static void WriteLeftOut(Terminal terminal, DetectionPipeline pipeline, string task, string[] files, int? rows, string features, bool json, CancellationToken cancellation)
    {
        var progress = new ProgressLines(terminal);
        if (task == "spam")
        {
            var mail = MailAcrossSources.Run(pipeline, files, rows ?? int.MaxValue, features, progress, cancellation);
            Write(terminal, json, mail, MailAcrossSources.Table);
            return;
        }
        if (task == "manipulation")
        {
            var techniques = TechniquesAcrossSources.Run(pipeline, files, rows ?? int.MaxValue, features, progress, cancellation);
            Write(terminal, json, techniques, TechniquesAcrossSources.Table);
            return;
        }
        var authorship = LeaveOneSourceOut.Run(pipeline, files, rows ?? SyntheticRows, features, progress, cancellation);
        Write(terminal, json, authorship, LeaveOneSourceOut.Table);
    }

    private static void WriteBits(Terminal terminal, DetectionOptions options, string[] files, int each, bool json, CancellationToken cancellation)
    {
        using var model = LoadedModel.Load(options);
        var documents = files.SelectMany(CorpusReader.Read).GroupBy(document => document.Domain, StringComparer.Ordinal).SelectMany(domain => domain.Take(each)).ToArray();
        terminal.Error.WriteLine($"{documents.Length} documents.");
        var bits = BitsPerByte.ByDomain(documents, BitsPerByte.By(model.Scorer, model.Tokenizer), cancellation: cancellation);
        if (json)
        {
            terminal.Out.WriteLine(JsonSerializer.Serialize(new { model = model.Source.Name, dtype = model.Scorer.Options.Dtype, domains = bits }, Json));
            return;
        }
        terminal.Out.WriteLine($"# {model.Source.Name}, {model.Scorer.Options.Dtype}: bits per byte\nWhite space collapsed; each document alone.\n\n| domain | documents | bytes | tokens | bits per byte |\n| --- | ---: | ---: | ---: | ---: |");
        foreach (var domain in bits) terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {domain.Domain} | {domain.Documents:N0} | {domain.Bytes:N0} | {domain.Tokens:N0} | {domain.Value:F3} |"));
    }
}
