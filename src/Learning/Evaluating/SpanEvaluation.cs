using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Heads;
using Detection.Detectors.Spans;
using Detection.Ingest;
using Detection.Learning.Data;
using Detection.Learning.Metrics;
using Detection.Learning.Spans;
using Detection.Text;

namespace Detection.Learning.Evaluating;

/// <summary>
/// Places of techniques against those that annotators marked, for rows that have marks: as evidence shows them, of techniques that the bundle names, and where each text's techniques are known, which
/// is pointing alone. Beside them the sentences by word weights, whole texts and, if wanted, words that stand in marked places.
/// </summary>
internal static class SpanEvaluation
{
    private const int Batch = 32;

    /// <param name="all">All rows of the file, for the floor by words; null: no floor.</param>
    /// <returns>Null where no row has marks, or nothing is ever named.</returns>
    public static SpanReport? Of(DetectionPipeline pipeline, IReadOnlyList<MeasuredRow> rows, IReadOnlyList<PlacedRow>? all, CancellationToken cancellation)
    {
        var marked = rows.Where(row => row.Row.Spans is not null).Select(row => (Row: row, Message: MessageExtraction.Extract(row.Row.Message, new IngestOptions())))
            .Where(one => one.Message.Text == one.Row.Row.Text).ToArray();
        if (marked.Length == 0 || !pipeline.HasHeads) return null;
        string[] techniques = [.. Taxonomy.Techniques.Select(technique => technique.Name).Where(name => marked.Any(one => Marked(one.Row, name).Length > 0 || IsNamed(one.Row, name)))];
        var words = all is null ? [] : techniques.ToDictionary(name => name, name => WordPlaces.Train(all, name, cancellation), StringComparer.Ordinal);
        var answers = new List<Answer>();
        foreach (var batch in marked.Where(one => techniques.Any(name => Marked(one.Row, name).Length > 0 || IsNamed(one.Row, name))).Chunk(Batch))
        {
            var read = pipeline.Project([.. batch.Select(one => one.Message)], pipeline.Spans?.Projections ?? [], cancellation);
            answers.AddRange(batch.Zip(read).SelectMany(one => techniques.Select(name => Ask(pipeline, one.First.Row, name, one.Second, words))));
        }
        var lines = techniques.Select(name => Line(name, answers.Where(answer => answer.Technique == name))).ToArray();
        return new SpanReport(marked.Length, lines, Line("all", answers));
    }

    private static Answer Ask(DetectionPipeline pipeline, MeasuredRow row, string technique, ProjectedText text, Dictionary<string, WordPlaces?> words)
    {
        string original = row.Row.Text;
        TextSpan[] sentences = Places(pipeline.Sentences(technique, row.Row.Message.Channel, original));
        var methods = new List<(string, TextSpan[])>
        {
            (SpanReport.Evidence, pipeline.Spans?.Of(technique, text) is { } places ? Places(places) : sentences),
            ("sentences", sentences),
            ("whole texts", [new TextSpan(0, original.Length)]),
        };
        if (words.TryGetValue(technique, out var floor)) methods.Add(("words", floor is null ? [] : Places(floor.Of(text.Text))));
        TextSpan[] marked = Marked(row, technique);
        bool named = IsNamed(row, technique);
        return new Answer(technique, [.. methods.Select(method => new SpanFigure(method.Item1,
            SpanScore.Of(original, named ? method.Item2 : [], marked), marked.Length > 0 ? SpanScore.Of(original, method.Item2, marked) : SpanScore.None))]);
    }

    private static SpanLine Line(string technique, IEnumerable<Answer> answers) => new(technique, [.. answers.SelectMany(answer => answer.Figures).GroupBy(figure => figure.Method, StringComparer.Ordinal)
        .Select(method => new SpanFigure(method.Key, SpanScore.Sum(method.Select(figure => figure.Named)), SpanScore.Sum(method.Select(figure => figure.Given))))]);

    private static TextSpan[] Places(IEnumerable<EvidenceSpan> spans) => [.. spans.Select(span => new TextSpan(span.Start, span.End))];

    private static TextSpan[] Marked(MeasuredRow row, string technique) => [.. row.Row.Spans!.Where(span => span.Technique == technique).Select(span => new TextSpan(span.Start, span.End))];

    private static bool IsNamed(MeasuredRow row, string technique) => row.Judgement.Decided.Techniques.Contains(technique);

    private sealed record Answer(string Technique, IReadOnlyList<SpanFigure> Figures);
}
