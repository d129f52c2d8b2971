namespace Detection.Learning.Pretraining;

/// <summary>A vocabulary (token → id) and the merges that make it, most frequent first.</summary>
public sealed record BpeVocabulary(IReadOnlyDictionary<string, int> Ids, IReadOnlyList<(string Left, string Right)> Merges)
{
    /// <summary>Id 0: ends every document, and stands before the first.</summary>
    public const string EndOfText = "<|endoftext|>";
}

/// <summary>
/// Byte-pair encoding over words (Sennrich et al. 2016, arXiv 1508.07909): the most frequent pair is merged until the vocabulary is full.
/// Words are counted once; a lazy priority queue holds the pairs, and only the words that hold a merged pair are looked at again.
/// </summary>
public static class ByteLevelBpeTrainer
{
    public static BpeVocabulary Train(IEnumerable<string> texts, int vocabularySize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, 258);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (string text in texts)
            foreach (string word in ByteLevel.Words(text))
                System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, word, out _)++;
        return new Merging(counts, vocabularySize).Run();
    }

    private sealed class Merging
    {
        private readonly List<string> _tokens = [BpeVocabulary.EndOfText, .. ByteLevel.Letters.Select(letter => letter.ToString())];
        private readonly List<(string, string)> _merges = [];
        private readonly List<int[]> _words = [];
        private readonly List<long> _counts = [];
        private readonly Dictionary<(int, int), long> _pairs = [];
        private readonly Dictionary<(int, int), HashSet<int>> _where = [];
        private readonly PriorityQueue<((int Left, int Right) Pair, long Count), (long, int, int)> _queue = new();
        private readonly int _size;

        public Merging(Dictionary<string, long> counts, int size)
        {
            _size = size;
            var ids = _tokens.Select((token, id) => (token, id)).ToDictionary(one => one.token, one => one.id, StringComparer.Ordinal);
            // Ordinal order makes the result independent of the dictionary.
            foreach (var (word, count) in counts.OrderBy(one => one.Key, StringComparer.Ordinal))
            {
                _words.Add([.. word.Select(letter => ids[letter.ToString()])]);
                _counts.Add(count);
                Count(_words.Count - 1, 1);
            }
            foreach (var pair in _pairs.Keys) Enqueue(pair);
        }

        public BpeVocabulary Run()
        {
            while (_tokens.Count < _size && _queue.TryDequeue(out var best, out _))
            {
                if (!_pairs.TryGetValue(best.Pair, out long now) || now < 2) continue;
                if (now != best.Count) { Enqueue(best.Pair); continue; }
                Merge(best.Pair);
            }
            return new BpeVocabulary(_tokens.Select((token, id) => (token, id)).ToDictionary(one => one.token, one => one.id, StringComparer.Ordinal), _merges);
        }

        private void Merge((int Left, int Right) pair)
        {
            int merged = _tokens.Count;
            _tokens.Add(_tokens[pair.Left] + _tokens[pair.Right]);
            _merges.Add((_tokens[pair.Left], _tokens[pair.Right]));
            var touched = new HashSet<(int, int)>();
            foreach (int word in _where[pair].Order().ToArray())
            {
                Count(word, -1);
                _words[word] = Replace(_words[word], pair, merged);
                Count(word, 1);
                int[] tokens = _words[word];
                for (int i = 1; i < tokens.Length; i++)
                    if (tokens[i - 1] == merged || tokens[i] == merged) touched.Add((tokens[i - 1], tokens[i]));
            }
            _pairs.Remove(pair);
            _where.Remove(pair);
            foreach (var changed in touched) Enqueue(changed);
        }

        private void Count(int word, int sign)
        {
            int[] tokens = _words[word];
            for (int i = 1; i < tokens.Length; i++)
            {
                var pair = (tokens[i - 1], tokens[i]);
                _pairs[pair] = _pairs.GetValueOrDefault(pair) + sign * _counts[word];
                if (!_where.TryGetValue(pair, out var words)) _where[pair] = words = [];
                if (sign > 0) words.Add(word);
                else words.Remove(word);
            }
        }

        private void Enqueue((int Left, int Right) pair) =>
            _queue.Enqueue((pair, _pairs[pair]), (-_pairs[pair], pair.Left, pair.Right));

        private static int[] Replace(int[] tokens, (int Left, int Right) pair, int merged)
        {
            var replaced = new List<int>(tokens.Length);
            for (int i = 0; i < tokens.Length; i++)
                if (i + 1 < tokens.Length && tokens[i] == pair.Left && tokens[i + 1] == pair.Right) { replaced.Add(merged); i++; }
                else replaced.Add(tokens[i]);
            return [.. replaced];
        }
    }
}
