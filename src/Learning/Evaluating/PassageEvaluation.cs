using Detection.Contracts;
using Detection.Detectors;
using Detection.Ingest;
using Detection.Learning.Data;
using Detection.Learning.Metrics;
using Detection.Text;

namespace Detection.Learning.Evaluating;

/// <summary>Puts machine-written paragraphs into texts by people, and looks whether they are found and pointed at. The same texts without them show the false alarms.</summary>
public static class PassageEvaluation
{
    /// <summary>Most texts by people, over all files.</summary>
    private const int MostTexts = 200;

    private const int Batch = 32;

    /// <summary>
    /// Characters of a paragraph, in whole sentences: some 70 to 150 tokens. A machine's text may begin with a person's prompt, so its first characters are left out (published-numbers.md §3.1).
    /// </summary>
    private const int ShortestParagraph = 320, LongestParagraph = 650, Prompt = 160;

    /// <summary>Characters of a person's text, so that it has several passages, and how far in it a paragraph may stand, so that it is read.</summary>
    private const int ShortestText = 600, FurthestIn = 2_000, NearestToEdge = 120;

    /// <param name="options">Authorship; <see cref="EvaluationOptions.Rows"/> is the number of people's texts over all files, each giving an equal part.</param>
    /// <exception cref="InvalidDataException">The files have no fit texts, or the model points at no passages.</exception>
    public static PassageReport Run(DetectionPipeline pipeline, EvaluationOptions options, IProgress<string> progress, CancellationToken cancellation = default)
    {
        if (!pipeline.FindsPassages) throw new InvalidDataException($"{Evaluation.NameOf(pipeline)} has no thresholds for passages: its heads were trained before there were any.");
        var (pairs, paragraphs) = Pairs(pipeline, options);
        progress.Report($"{pairs.Count} texts by people, {paragraphs} paragraphs by machines.");
        var measured = new List<Measured>();
        foreach (var batch in pairs.Chunk(Batch))
        {
            var judged = pipeline.Judge([.. batch.Select(pair => pair.Plain), .. batch.Select(pair => pair.Mixed)], cancellation);
            measured.AddRange(batch.Select((pair, i) => new Measured(pair.File, Outcome(judged[i], null), Outcome(judged[batch.Length + i], pair.Place))));
        }
        if (options.Final) Evaluation.LogLook(pipeline, options, measured.Select(one => one.File).Distinct(StringComparer.Ordinal));
        return new PassageReport(Evaluation.NameOf(pipeline), Evaluation.Words(options, pipeline),
            [.. measured.GroupBy(one => one.File, StringComparer.Ordinal).Select(file => Figures(file.Key, [.. file]))], Figures("all", measured));
    }

    /// <summary>Texts by people, each with a paragraph put in, and how many paragraphs there are to choose from.</summary>
    internal static (IReadOnlyList<Pair> Pairs, int Paragraphs) Pairs(DetectionPipeline pipeline, EvaluationOptions options)
    {
        var files = options.Files.Select(file => Evaluation.Choose(LabelledSet.Of([.. LabelledFile.Read(file)]).Rows, pipeline, options with { Rows = null })).ToArray();
        var paragraphs = files.SelectMany(rows => rows).Where(row => row.Row.Machine == true).Select(row => (row.Row.Message.Channel, Text: Paragraph(row.Row.Text) ?? "")).Where(one => one.Text.Length > 0)
            .DistinctBy(one => one.Text).OrderBy(one => LabelledSet.HashOf(one.Text), StringComparer.Ordinal).ToLookup(one => one.Channel, one => one.Text);
        string[] every = [.. paragraphs.SelectMany(channel => channel)];
        if (every.Length == 0) throw new InvalidDataException($"{string.Join(", ", options.Files)}: no machine-written text is long enough for a paragraph.");
        int each = Math.Max(1, (options.Rows is null or 0 ? MostTexts : options.Rows.Value) / files.Length);
        var pairs = new List<Pair>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            // Texts that set the thresholds would show no false alarms.
            var hosts = file.Where(row => row.Row.Machine == false && row.Use == RowUse.Measured).DistinctBy(row => row.Cluster)
                .Select(row => (row.Row, Message: MessageExtraction.Extract(row.Row.Message, new IngestOptions())))
                // Some files share their people.
                .Where(one => Gap(one.Message.Text!) is not null && seen.Add(one.Message.Text![..NearestToEdge]) && pipeline.Supports(DetectionPipeline.TextOf(one.Message))).Take(each);
            foreach (var (row, message) in hosts)
            {
                // A paragraph of the same channel where there is any, another for each text.
                string[] fit = [.. paragraphs[message.Channel].DefaultIfEmpty(every[pairs.Count % every.Length])];
                pairs.Add(Put(row.File, message, fit[pairs.Count % fit.Length]));
            }
        }
        if (pairs.Count == 0) throw new InvalidDataException($"{string.Join(", ", options.Files)}: no text by a person is long enough.");
        return (pairs, every.Length);
    }

    /// <summary>Whole sentences from the middle of a text; null where it is too short.</summary>
    private static string? Paragraph(string text)
    {
        string flat = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        int start = SentenceEnds(flat).FirstOrDefault(end => end >= Prompt);
        if (start == 0) return null;
        int end = SentenceEnds(flat).FirstOrDefault(end => end >= start + ShortestParagraph && end <= start + LongestParagraph);
        return end == 0 ? null : flat[start..end].Trim();
    }

    /// <summary>A place between two sentences or lines of what is judged, the same for the same text; null where a text has none that is fit.</summary>
    private static int? Gap(string text)
    {
        if (text.Length < ShortestText) return null;
        var body = JudgedText.From(text).Sections.Where(section => section.Kind == SectionKind.Body).Select(section => section.Span).ToArray();
        int[] fit = [.. SentenceEnds(text).Where(end => end >= NearestToEdge && end <= Math.Min(FurthestIn, text.Length - NearestToEdge) && body.Any(span => end > span.Start && end < span.End))];
        return fit.Length == 0 ? null : fit[SplitRules.Share(text) % fit.Length];
    }

    private static IEnumerable<int> SentenceEnds(string text)
    {
        for (int i = 0; i + 1 < text.Length; i++)
            if (text[i] is '.' or '!' or '?' && char.IsWhiteSpace(text[i + 1]) || text[i] == '\n' && text[i + 1] == '\n') yield return i + 1;
    }

    private static Pair Put(string file, Message plain, string paragraph)
    {
        string text = plain.Text!;
        int gap = Gap(text)!.Value;
        string before = text[..gap] + "\n\n";
        return new Pair(file, plain, plain with { Text = before + paragraph + "\n\n" + text[gap..] }, new TextSpan(before.Length, before.Length + paragraph.Length));
    }

    private static Found Outcome(JudgedMessage judged, TextSpan? place)
    {
        var spans = judged.Evidence.FirstOrDefault(evidence => evidence.Signal == "passage")?.Spans ?? [];
        double both = spans.Sum(span => (double)Math.Max(0, Math.Min(span.End, place?.End ?? 0) - Math.Max(span.Start, place?.Start ?? 0)));
        double either = spans.Sum(span => (double)(span.End - span.Start)) + (place?.Length ?? 0) - both;
        return new Found(spans.Count > 0, judged.Authorship == Authorship.Machine, both / Math.Max(1, either));
    }

    private static PassageFigures Figures(string file, IReadOnlyList<Measured> rows)
    {
        Found[] marked = [.. rows.Select(row => row.Mixed).Where(one => one.Marked)];
        int falsely = rows.Count(row => row.Plain.Marked);
        return new PassageFigures(file, rows.Count, falsely, Interval.ClopperPearson(falsely, rows.Count), rows.Count(row => row.Plain.Machine),
            marked.Length, Interval.Wilson(marked.Length, rows.Count), rows.Count(row => row.Mixed.Machine), marked.Length == 0 ? double.NaN : marked.Average(one => one.Overlap), marked.Count(one => one.Overlap >= 0.5));
    }

    /// <param name="Place">Of the paragraph in <paramref name="Mixed"/>.</param>
    internal sealed record Pair(string File, Message Plain, Message Mixed, TextSpan Place);

    private sealed record Found(bool Marked, bool Machine, double Overlap);

    private sealed record Measured(string File, Found Plain, Found Mixed);
}
