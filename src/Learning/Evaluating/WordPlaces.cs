using Detection.Contracts;
using Detection.Detectors.Spans;
using Detection.Ingest;
using Detection.Learning.Data;
using Detection.Learning.Spans;
using Detection.Text;

namespace Detection.Learning.Evaluating;

/// <summary>The floor for places: each word scores by how much more often it stood inside than outside the marked places of a file's own train rows, and the same rule as for heads makes places of it.</summary>
internal sealed class WordPlaces
{
    /// <summary>Unseen occurrences that a word starts from.</summary>
    private const double Prior = 2;

    private readonly Dictionary<string, (int Inside, int All)> _words = new(StringComparer.Ordinal);
    private readonly double _share;
    private readonly SpanRule _rule;

    private WordPlaces(IReadOnlyList<(NormalisedText Text, IReadOnlyList<TextSpan> Marked)> teach, IReadOnlyList<(NormalisedText Text, IReadOnlyList<TextSpan> Marked)> choose, CancellationToken cancellation)
    {
        int inside = 0, all = 0;
        foreach (var (text, marked) in teach)
            foreach (var (start, end) in WordsOf(text.Text))
            {
                var place = text.ToOriginal(start, end);
                bool isInside = marked.Any(span => place.Start < span.End && place.End > span.Start);
                string word = text.Text[start..end].ToLowerInvariant();
                var known = _words.GetValueOrDefault(word);
                _words[word] = (known.Inside + (isInside ? 1 : 0), known.All + 1);
                (inside, all) = (inside + (isInside ? 1 : 0), all + 1);
            }
        _share = (inside + 1.0) / (all + 2);
        _rule = SpanRules.Choose([.. choose.Select(one => Words(one.Text)).Zip(choose, (words, one) => new ScoredPlaces(words, Scores(words), one.Marked))], cancellation).Rule;
    }

    /// <summary>Null where the train or validation rows have no marks of the technique.</summary>
    public static WordPlaces? Train(IReadOnlyList<PlacedRow> rows, string technique, CancellationToken cancellation)
    {
        (NormalisedText, IReadOnlyList<TextSpan>)[] For(RowUse use) => [.. rows.Where(row => row.Use == use && row.Row.Spans?.Any(span => span.Technique == technique) == true)
            .Select(row => (Row: row.Row, Message: MessageExtraction.Extract(row.Row.Message, new IngestOptions()))).Where(one => one.Message.Text == one.Row.Text)
            .Select(one => (JudgedText.From(one.Message.Text!).Normalised, (IReadOnlyList<TextSpan>)[.. one.Row.Spans!.Where(span => span.Technique == technique).Select(span => new TextSpan(span.Start, span.End))]))];
        var (teach, choose) = (For(RowUse.Teaches), For(RowUse.SetsThresholds));
        return teach.Length == 0 || choose.Length == 0 ? null : new WordPlaces(teach, choose, cancellation);
    }

    public IReadOnlyList<EvidenceSpan> Of(NormalisedText text) => Words(text) is { Read: > 0 } words ? _rule.Places(Scores(words), words) : [];

    private float[] Scores(ProjectedText words) => [.. Enumerable.Range(0, words.Read).Select(i =>
    {
        var (inside, all) = _words.GetValueOrDefault(words.Text.Text[words.Tokens.Starts[i]..words.Tokens.Ends[i]].ToLowerInvariant());
        return (float)Math.Log((inside + Prior * _share) / (all - inside + Prior * (1 - _share)));
    })];

    /// <summary>A text whose tokens are its words.</summary>
    private static ProjectedText Words(NormalisedText text)
    {
        var places = WordsOf(text.Text).ToArray();
        return new ProjectedText(text, new Tokens(new int[places.Length], [.. places.Select(place => place.Start)], [.. places.Select(place => place.End)]), places.Length, []);
    }

    private static IEnumerable<(int Start, int End)> WordsOf(string text)
    {
        int start = -1;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] is '\'' or '’')) { if (start < 0) start = i; continue; }
            if (start >= 0) yield return (start, i);
            start = -1;
        }
    }
}
