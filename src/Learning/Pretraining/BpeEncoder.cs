namespace Detection.Learning.Pretraining;

/// <summary>Text to ids for training: a word is merged once and remembered. Ids equal those of the <c>tokenizer.json</c> that is exported.</summary>
internal sealed class BpeEncoder
{
    private const int MaxRemembered = 400_000;
    private readonly Dictionary<string, ushort[]> _words = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, string), int> _ranks;
    private readonly IReadOnlyDictionary<string, int> _ids;

    public BpeEncoder(BpeVocabulary vocabulary)
    {
        _ids = vocabulary.Ids;
        _ranks = vocabulary.Merges.Select((merge, rank) => (merge, rank)).ToDictionary(one => one.merge, one => one.rank);
    }

    public void Encode(string text, List<ushort> into)
    {
        foreach (string word in ByteLevel.Words(text))
        {
            if (!_words.TryGetValue(word, out ushort[]? ids))
            {
                ids = Merge(word);
                if (_words.Count < MaxRemembered) _words[word] = ids;
            }
            into.AddRange(ids);
        }
    }

    private ushort[] Merge(string word)
    {
        var parts = word.Select(letter => letter.ToString()).ToList();
        while (parts.Count > 1)
        {
            int best = -1, bestRank = int.MaxValue;
            for (int i = 1; i < parts.Count; i++)
                if (_ranks.TryGetValue((parts[i - 1], parts[i]), out int rank) && rank < bestRank) (best, bestRank) = (i, rank);
            if (best < 0) break;
            parts[best - 1] += parts[best];
            parts.RemoveAt(best);
        }
        return [.. parts.Select(part => (ushort)_ids[part])];
    }
}
