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

    /// <summary>Tokens of context at most: longer ones cost more than linearly and change the figure little.</summary>
    private const int MaxContext = 2_048;

    /// <summary>Documents that are scored together, so that every thread has work.</summary>
    private const int Batch = 16;

    /// <param name="documents">Held-out documents.</param>
    /// <param name="bits">Bits and token count of each text, as <see cref="By"/> gives them; any other model's may stand here.</param>
    /// <param name="collapseWhiteSpace">True (default): runs of white space become one space first, as in judged text; the bytes are counted after that.</param>
    public static IReadOnlyList<DomainBits> ByDomain(IEnumerable<CorpusDocument> documents, Func<IReadOnlyList<string>, IReadOnlyList<(double Bits, int Tokens)>> bits, bool collapseWhiteSpace = true, CancellationToken cancellation = default)
    {
        var sums = new SortedDictionary<string, Sum>(StringComparer.Ordinal);
        var all = new Sum();
        var texts = documents.Select(document => (document.Domain, Text: collapseWhiteSpace ? CorpusReader.CollapseWhiteSpace(document.Text) : document.Text)).Where(one => one.Text.Length > 0);
        foreach (var batch in texts.Chunk(Batch))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var ((domain, text), (spent, tokens)) in batch.Zip(bits([.. batch.Select(one => one.Text)])))
            {
                if (!sums.TryGetValue(domain, out var sum)) sums[domain] = sum = new Sum();
                sum.Add(text, spent, tokens);
                all.Add(text, spent, tokens);
            }
        }
        return [.. sums.Select(one => one.Value.As(one.Key)), all.As(AllDomains)];
    }

    /// <summary>Bits and tokens of texts by a model as it serves: what <see cref="ByDomain"/> asks for. Later windows of a long text see half a window before the part that counts.</summary>
    /// <exception cref="ArgumentException">The tokenizer has neither a <c>&lt;|endoftext|&gt;</c> nor a first token.</exception>
    public static Func<IReadOnlyList<string>, IReadOnlyList<(double Bits, int Tokens)>> By(TokenScorer scorer, Tokenizer tokenizer)
    {
        int first = tokenizer.IdOf(BpeVocabulary.EndOfText) ?? tokenizer.BosId ?? throw new ArgumentException("The tokenizer names no token that stands before a text.", nameof(tokenizer));
        int context = Math.Min(scorer.MaxTokens, MaxContext);
        return texts =>
        {
            var ids = texts.Select(text => (int[])[first, .. tokenizer.Encode(text).Ids]).ToArray();
            var windows = ids.Select(text => TokenWindows.Of(text.Length, context)).ToArray();
            var scores = scorer.Score([.. ids.SelectMany((text, i) => windows[i].Select(window => (ReadOnlyMemory<int>)text.AsMemory(window.Start, window.Length)))], PoolingPlan.None);
            int next = 0;
            return [.. ids.Select((text, i) => (Bits(windows[i], scores, ref next), text.Length - 1))];
        };
    }

    private static double Bits(IReadOnlyList<(int Start, int Length)> windows, IReadOnlyList<TokenScores> scores, ref int next)
    {
        double nats = 0;
        int done = 0;
        foreach (var (start, length) in windows)
        {
            // Entry t belongs to the text's entry start + t; what an earlier window has given counts once.
            foreach (float logProb in scores[next++].LogProb.AsSpan(done - start)) nats -= logProb;
            done = start + length - 1;
        }
        return nats / Math.Log(2);
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
