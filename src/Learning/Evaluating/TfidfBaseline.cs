using Detection.Learning.Data;
using Detection.Learning.Heads;

namespace Detection.Learning.Evaluating;

/// <summary>The floor: TF-IDF over words and pairs of words with logistic regression, trained on a file's own train rows. A detector that does not beat it has learned words.</summary>
public sealed class TfidfBaseline
{
    private const int LeastDocuments = 2, MostTerms = 100_000;
    private readonly Dictionary<string, int> _terms;
    private readonly float[] _rarity;
    private readonly TrainingMatrix _matrix;
    private readonly float[] _weights;

    private TfidfBaseline(IReadOnlyList<(string Text, bool Positive)> rows)
    {
        var documents = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (text, _) in rows)
            foreach (string term in Terms(text).Distinct(StringComparer.Ordinal)) documents[term] = documents.GetValueOrDefault(term) + 1;
        var kept = documents.Where(term => term.Value >= LeastDocuments).OrderByDescending(term => term.Value).ThenBy(term => term.Key, StringComparer.Ordinal).Take(MostTerms).ToArray();
        _terms = kept.Select((term, at) => (term.Key, at)).ToDictionary(one => one.Key, one => one.at, StringComparer.Ordinal);
        _rarity = [.. kept.Select(term => (float)(1 + Math.Log((1.0 + rows.Count) / (1 + term.Value))))];
        var training = rows.Select(row => Row(row.Text, row.Positive)).ToArray();
        _matrix = new TrainingMatrix(training, 0, _terms.Count);
        float[] scale = new float[_matrix.Size];
        Array.Fill(scale, 1);
        // scikit-learn's C = 10 in the mean-loss form.
        _weights = LogisticRegression.Fit(_matrix, scale, 0.1 / Math.Max(1, rows.Count), iterations: 100);
    }

    /// <param name="positive">Null: the row says nothing.</param>
    public static TfidfBaseline Train(IEnumerable<PlacedRow> rows, Func<LabelledRow, bool?> positive) => new([.. rows
        .Where(row => row.Use == RowUse.Teaches)
        .Select(row => (row.Row.Text, Answer: positive(row.Row)))
        .Where(row => row.Answer is not null)
        .Select(row => (row.Text, row.Answer == true))]);

    public double Probability(string text) => 1 / (1 + Math.Exp(-_matrix.Margin(Row(text, false), _weights)));

    private TrainingRow Row(string text, bool positive)
    {
        var counts = new SortedDictionary<int, int>();
        foreach (string term in Terms(text))
            if (_terms.TryGetValue(term, out int at)) counts[at] = counts.GetValueOrDefault(at) + 1;
        float[] values = [.. counts.Select(count => (1 + MathF.Log(count.Value)) * _rarity[count.Key])];
        float length = MathF.Sqrt(values.Sum(value => value * value));
        return new TrainingRow([], [.. counts.Keys], length == 0 ? values : [.. values.Select(value => value / length)], positive, 1);
    }

    private static IEnumerable<string> Terms(string text)
    {
        string? before = null;
        int start = -1;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] == '_')) { if (start < 0) start = i; continue; }
            if (start >= 0)
            {
                string word = text[start..i].ToLowerInvariant();
                start = -1;
                yield return word;
                if (before is not null) yield return $"{before} {word}";
                before = word;
            }
        }
    }
}
