using System.Globalization;
using System.Numerics.Tensors;
using Detection.Detectors;
using Detection.Detectors.Spans;
using Detection.Ingest;
using Detection.Learning.Data;
using Detection.Learning.Heads;
using Detection.Learning.Metrics;
using Detection.Model;
using Detection.Text;

namespace Detection.Learning.Spans;

/// <summary>
/// Trains heads that point at the places of techniques, from rows whose annotators marked them: logistic regression over the states of single tokens, in a marked place or not. Layer, ridge and rule are
/// those of the highest span F1 on the rows that set thresholds.
/// </summary>
internal sealed class SpanTraining
{
    /// <summary>A technique with fewer marked places gets no head.</summary>
    private const int FewestPlaces = 60;

    /// <summary>Numbers of hidden states that are kept at one time: 400 MB.</summary>
    private const long MostNumbers = 100_000_000;

    /// <summary>Of the texts that teach, those without any marked place: they show what ordinary words are.</summary>
    private const double ShareWithout = 0.2;

    private const int Batch = 32;
    private static readonly double[] Ridges = [0.1, 0.02, 0.004];

    private readonly DetectionPipeline _pipeline;
    private readonly IProgress<string> _progress;
    private readonly MarkedText[] _teaching, _choosing;
    private readonly CancellationToken _cancellation;

    private SpanTraining(DetectionPipeline pipeline, LabelledSet set, IProgress<string> progress, CancellationToken cancellation)
    {
        (_pipeline, _progress, _cancellation) = (pipeline, progress, cancellation);
        long tokens = MostNumbers / pipeline.Layout.Width / pipeline.Layout.Layers.Count;
        var rows = set.For(RowUse.Teaches).Where(row => row.Row.Spans is not null).OrderBy(row => LabelledSet.HashOf(row.Row.Text), StringComparer.Ordinal).ToArray();
        _teaching = [.. Read(rows.Where(Marks), (long)((1 - ShareWithout) * tokens)), .. Read(rows.Where(row => !Marks(row)), (long)(ShareWithout * tokens))];
        _choosing = Read(set.For(RowUse.SetsThresholds).Where(Marks).OrderBy(row => LabelledSet.HashOf(row.Row.Text), StringComparer.Ordinal), tokens / 4);
    }

    /// <summary>Annotators marked a place of a technique in the row.</summary>
    public static bool Marks(PlacedRow row) => row.Row.Spans is { Count: > 0 };

    /// <summary>Null where too few places are marked.</summary>
    public static SpanHeads? Fit(DetectionPipeline pipeline, LabelledSet set, IProgress<string> progress, CancellationToken cancellation)
    {
        string[] techniques = [.. set.For(RowUse.Teaches).SelectMany(row => row.Row.Spans ?? []).GroupBy(span => span.Technique, StringComparer.Ordinal).Where(spans => spans.Count() >= FewestPlaces)
            .OrderByDescending(spans => spans.Count()).Select(spans => spans.Key).Where(technique => set.For(RowUse.SetsThresholds).Any(row => row.Row.Spans?.Any(span => span.Technique == technique) == true))];
        return techniques.Length == 0 ? null : new SpanTraining(pipeline, set, progress, cancellation).Fit(techniques);
    }

    /// <param name="techniques">The most frequent first: it chooses the layer.</param>
    private SpanHeads? Fit(string[] techniques)
    {
        if (_teaching.Length == 0 || _choosing.Length == 0) return null;
        var layers = Enumerable.Range(0, _pipeline.Layout.Layers.Count).ToArray();
        var tried = layers.Select(layer => (Layer: layer, Rows: TokenRows.Of(_teaching, layer, _pipeline.Layout.Width))).Select(one => (one.Layer, Fitted: Fit(techniques[0], one.Layer, one.Rows))).ToArray();
        foreach (var (layer, fitted) in tried) _progress.Report(Line($"{techniques[0]}: span F1 {fitted?.F1:F3} by layer {_pipeline.Layout.Layers[layer]}."));
        int best = tried.MaxBy(one => one.Fitted?.F1 ?? -1).Layer;
        var rows = TokenRows.Of(_teaching, best, _pipeline.Layout.Width);
        SpanHead[] heads = [.. techniques.Select(technique => technique == techniques[0] ? tried[best].Fitted : Fit(technique, best, rows)).OfType<(SpanHead Head, double F1)>().Select(fitted => fitted.Head)];
        return heads.Length == 0 ? null : new SpanHeads(_pipeline.Layout.Layers[best], heads);
    }

    private (SpanHead Head, double F1)? Fit(string technique, int layer, TokenRows rows)
    {
        var choosing = _choosing.Where(text => text.Marked(technique).Count > 0).ToArray();
        bool[] inside = [.. _teaching.SelectMany(text => text.Inside(technique))];
        int positives = inside.Count(one => one);
        if (positives == 0 || choosing.Length == 0) return null;
        // Both answers count as much: a technique is rare, and a rule chooses how high is high enough.
        float positive = 0.5f * inside.Length / positives, negative = 0.5f * inside.Length / (inside.Length - positives);
        var matrix = new TrainingMatrix([.. rows.Dense.Select((dense, i) => new TrainingRow(dense, [], [], inside[i], inside[i] ? positive : negative))], rows.Dense[0].Length, 0);
        float[] scale = new float[matrix.Size];
        Array.Fill(scale, 1);
        (SpanHead Head, double F1)? best = null;
        float[]? start = null;
        double chosen = 0;
        foreach (double ridge in Ridges)
        {
            start = LogisticRegression.Fit(matrix, scale, ridge, start, 40, _cancellation);
            var (weights, bias) = rows.Unscale(start);
            var head = new SpanHead(technique, weights, bias, new SpanRule(0, 0, 0, 0, 1));
            var (rule, score) = SpanRules.Choose([.. choosing.Select(text => new ScoredPlaces(text.Text, text.Scores(head, layer), text.Marked(technique)))], _cancellation);
            if (score.F1 <= (best?.F1 ?? -1)) continue;
            (best, chosen) = ((head with { Rule = rule }, score.F1), ridge);
        }
        double whole = SpanScore.Sum(choosing.Select(text => SpanScore.Of(text.Text.Text.Original, [new TextSpan(0, text.Text.Text.Original.Length)], text.Marked(technique)))).F1;
        _progress.Report(Line($"{technique}: {positives} of {inside.Length} tokens in marked places, ridge {chosen}; span F1 {best!.Value.F1:F3} on {choosing.Length} texts that use it, {whole:F3} by whole texts ({best.Value.Head.Rule})."));
        return best;
    }

    /// <summary>The texts with the states of their tokens, until so many tokens are read.</summary>
    private MarkedText[] Read(IEnumerable<PlacedRow> rows, long tokens)
    {
        int width = _pipeline.Layout.Width;
        var units = Enumerable.Range(0, width).Select(i => { float[] unit = new float[width]; unit[i] = 1; return unit; }).ToArray();
        Projection[] states = [.. _pipeline.Layout.Layers.SelectMany(layer => units.Select(unit => new Projection(layer, unit)))];
        var read = new List<MarkedText>();
        foreach (var batch in rows.Chunk(Batch))
        {
            if (tokens <= 0) break;
            var messages = batch.Select(row => MessageExtraction.Extract(row.Row.Message, new IngestOptions())).ToArray();
            // Where reading changed the text, a subject taken off, marks are not of this text.
            var same = batch.Zip(messages).Where(one => one.Second.Text == one.First.Row.Text && _pipeline.Supports(DetectionPipeline.TextOf(one.Second))).ToArray();
            foreach (var (row, text) in same.Select(one => one.First).Zip(_pipeline.Project([.. same.Select(one => one.Second)], states, _cancellation)))
            {
                if (text.Read == 0 || text.Read > tokens) continue;
                tokens -= text.Read;
                read.Add(MarkedText.Of(row.Row, text, width));
            }
        }
        _progress.Report($"Read {read.Sum(text => text.Text.Read)} tokens of {read.Count} texts whose techniques are marked or looked for.");
        return [.. read];
    }

    private static string Line(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);

    /// <param name="States">By layer, token by token.</param>
    private sealed record MarkedText(ProjectedText Text, float[][] States, IReadOnlyList<TechniqueSpan> Spans)
    {
        public static MarkedText Of(LabelledRow row, ProjectedText text, int width)
        {
            float[][] states = [.. Enumerable.Range(0, text.Values.Length / text.Read / width).Select(layer =>
            {
                float[] tokens = new float[text.Read * width];
                for (int i = 0; i < width; i++)
                {
                    var values = text.Of(layer * width + i);
                    for (int token = 0; token < values.Length; token++) tokens[token * width + i] = values[token];
                }
                return tokens;
            })];
            return new MarkedText(text with { Values = [] }, states, row.Spans!);
        }

        public IReadOnlyList<TextSpan> Marked(string technique) => [.. Spans.Where(span => span.Technique == technique).Select(span => new TextSpan(span.Start, span.End))];

        /// <summary>One answer a token.</summary>
        public bool[] Inside(string technique)
        {
            var marked = Marked(technique);
            return [.. Enumerable.Range(0, Text.Read).Select(i => Text.Text.ToOriginal(Text.Tokens.Starts[i], Text.Tokens.Ends[i])).Select(place => marked.Any(span => place.Start < span.End && place.End > span.Start))];
        }

        public ReadOnlySpan<float> State(int layer, int token, int ahead)
        {
            int width = States[layer].Length / Text.Read;
            return States[layer].AsSpan(Math.Min(token + ahead, Text.Read - 1) * width, width);
        }

        public float[] Scores(SpanHead head, int layer)
        {
            int width = head.Weights.Length / SpanHeads.Ahead.Count;
            float[] scores = new float[Text.Read];
            for (int i = 0; i < scores.Length; i++)
            {
                scores[i] = head.Bias;
                for (int at = 0; at < SpanHeads.Ahead.Count; at++) scores[i] += TensorPrimitives.Dot(State(layer, i, SpanHeads.Ahead[at]), head.Weights.AsSpan(at * width, width));
            }
            return scores;
        }
    }

    /// <summary>One row a token of the texts, standardised over all of them.</summary>
    private sealed record TokenRows(float[][] Dense, float[] Mean, float[] Deviation)
    {
        public static TokenRows Of(IReadOnlyList<MarkedText> texts, int layer, int width)
        {
            double[] sums = new double[width], squares = new double[width];
            long tokens = 0;
            foreach (var text in texts)
                for (int token = 0; token < text.Text.Read; token++, tokens++)
                {
                    var state = text.State(layer, token, 0);
                    for (int i = 0; i < width; i++)
                    {
                        sums[i] += state[i];
                        squares[i] += (double)state[i] * state[i];
                    }
                }
            float[] mean = [.. sums.Select(sum => (float)(sum / tokens))];
            float[] deviation = [.. squares.Select((square, i) => (float)Math.Sqrt(Math.Max(1e-8, square / tokens - (double)mean[i] * mean[i])))];
            float[][] dense = [.. texts.SelectMany(text => Enumerable.Range(0, text.Text.Read).Select(token =>
            {
                float[] row = new float[SpanHeads.Ahead.Count * width];
                for (int at = 0; at < SpanHeads.Ahead.Count; at++)
                {
                    var into = row.AsSpan(at * width, width);
                    TensorPrimitives.Subtract(text.State(layer, token, SpanHeads.Ahead[at]), mean, into);
                    TensorPrimitives.Divide(into, deviation, into);
                }
                return row;
            }))];
            return new TokenRows(dense, mean, deviation);
        }

        /// <summary>The same head over states as they are.</summary>
        public (float[] Weights, float Bias) Unscale(float[] fitted)
        {
            float[] weights = new float[fitted.Length - 1];
            double bias = fitted[^1];
            for (int i = 0; i < weights.Length; i++)
            {
                weights[i] = fitted[i] / Deviation[i % Mean.Length];
                bias -= (double)weights[i] * Mean[i % Mean.Length];
            }
            return (weights, (float)bias);
        }
    }
}
