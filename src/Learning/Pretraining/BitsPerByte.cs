using Detection.Model;
using Detection.Text;

namespace Detection.Learning.Pretraining;

/// <summary>What a language model needs for the documents of one domain.</summary>
/// <param name="Domain">As the corpus names it; <see cref="BitsPerByte.AllDomains"/> in the last row.</param>
/// <param name="Bytes">UTF-8 bytes of the texts.</param>
/// <param name="Value">Bits per byte: Σ −log₂ p over all tokens ÷ bytes. Lower is better, and models with different vocabularies can be compared.</param>
public sealed record DomainBits(string Domain, int Documents, long Bytes, long Tokens, double Value);

/// <summary>
/// Bits per byte by domain (Gao et al. 2020, arXiv 2101.00027): the loss in a unit that does not depend on the tokenizer.
/// Each document stands alone; its first token is predicted from the end-of-text token.
/// </summary>
public static class BitsPerByte
{
    public const string AllDomains = "all";

    /// <param name="documents">Held-out documents.</param>
    /// <param name="bits">Bits and token count of one text, as <see cref="LanguageModelTraining.Bits"/> gives them; any other model's may stand here.</param>
    /// <param name="collapseWhiteSpace">True (default): runs of white space become one space first, as in judged text; the bytes are counted after that.</param>
    public static IReadOnlyList<DomainBits> ByDomain(IEnumerable<CorpusDocument> documents, Func<string, (double Bits, int Tokens)> bits, bool collapseWhiteSpace = true, CancellationToken cancellation = default)
    {
        var sums = new SortedDictionary<string, Sum>(StringComparer.Ordinal);
        var all = new Sum();
        foreach (var document in documents)
        {
            cancellation.ThrowIfCancellationRequested();
            string text = collapseWhiteSpace ? CorpusReader.CollapseWhiteSpace(document.Text) : document.Text;
            if (text.Length == 0) continue;
            if (!sums.TryGetValue(document.Domain, out var sum)) sums[document.Domain] = sum = new Sum();
            var (spent, tokens) = bits(text);
            sum.Add(text, spent, tokens);
            all.Add(text, spent, tokens);
        }
        return [.. sums.Select(one => one.Value.As(one.Key)), all.As(AllDomains)];
    }

    /// <summary>Bits and tokens of a text by a model as it serves: what <see cref="ByDomain"/> asks for. Later windows of a long text see half a window before the part that counts.</summary>
    /// <exception cref="ArgumentException">The tokenizer has neither a <c>&lt;|endoftext|&gt;</c> nor a first token.</exception>
    public static Func<string, (double Bits, int Tokens)> By(TokenScorer scorer, Tokenizer tokenizer)
    {
        int first = tokenizer.IdOf(BpeVocabulary.EndOfText) ?? tokenizer.BosId ?? throw new ArgumentException("The tokenizer names no token that stands before a text.", nameof(tokenizer));
        return text =>
        {
            ReadOnlyMemory<int> ids = (int[])[first, .. tokenizer.Encode(text).Ids];
            int window = scorer.MaxTokens, stride = window / 2;
            var starts = new List<int> { 0 };
            while (starts[^1] + window < ids.Length) starts.Add(starts[^1] + stride);
            var scores = scorer.Score([.. starts.Select(start => ids.Slice(start, Math.Min(window, ids.Length - start)))], PoolingPlan.None);
            double nats = 0;
            for (int i = 0; i < scores.Count; i++)
            {
                // The window before ended at the token window − stride of this one.
                int counted = i == 0 ? 0 : window - stride - 1;
                for (int t = counted; t < scores[i].LogProb.Length; t++) nats -= scores[i].LogProb[t];
            }
            return (nats / Math.Log(2), ids.Length - 1);
        };
    }

    private sealed class Sum
    {
        private int _documents;
        private long _bytes, _tokens;
        private double _bits;

        public void Add(string text, double bits, int tokens)
        {
            _documents++;
            _bytes += System.Text.Encoding.UTF8.GetByteCount(text);
            _tokens += tokens;
            _bits += bits;
        }

        public DomainBits As(string domain) => new(domain, _documents, _bytes, _tokens, _bytes == 0 ? 0 : _bits / _bytes);
    }
}
