namespace Detection.Text.BytePairs;

/// <summary>The ids of a byte-level BPE model, and its merges: a pair of ids, the rank of its merge and the id that it becomes.</summary>
internal sealed class BytePairVocabulary
{
    internal const int MaxId = 1 << 24;
    private readonly Dictionary<ulong, int> _ranks;
    private readonly int[] _merged;

    private BytePairVocabulary(Dictionary<string, int> ids, Dictionary<ulong, int> ranks, int[] merged, bool wholeWords)
    {
        (Ids, _ranks, _merged, WholeWords) = (ids, ranks, merged, wholeWords);
        for (int value = 0; value < 256; value++) Bytes[value] = ids.GetValueOrDefault(ByteAlphabet.Letter((byte)value).ToString(), -1);
    }

    public Dictionary<string, int> Ids { get; }

    /// <summary>The id of each byte, -1 where the vocabulary lacks it.</summary>
    public int[] Bytes { get; } = new int[256];

    /// <summary>Whether a word that is in the vocabulary as a whole is taken without merging (<c>ignore_merges</c>).</summary>
    public bool WholeWords { get; }

    /// <summary>The rank of the merge of two neighbours, or <see cref="int.MaxValue"/>.</summary>
    public int Rank(int left, int right) => _ranks.TryGetValue(Key(left, right), out int rank) ? rank : int.MaxValue;

    public int Merged(int rank) => _merged[rank];

    public static BytePairVocabulary Parse(JsonField model)
    {
        JsonField type = model["type"];
        if (!type.IsAbsent && type.Text() != "BPE") throw type.Unsupported($"'{type.Text()}' (BPE is)");
        if (model["byte_fallback"].Flag()) throw model["byte_fallback"].Unsupported("true");
        foreach (string affix in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
            if (!model[affix].IsAbsent && model[affix].Text().Length > 0) throw model[affix].Unsupported($"'{model[affix].Text()}'");
        if (!model["dropout"].IsAbsent && model["dropout"].Value.TryGetDouble(out double dropout) && dropout > 0) throw model["dropout"].Unsupported("chance");

        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        foreach ((string token, JsonField field) in model["vocab"].Properties())
            ids[token] = field.Whole() is >= 0 and <= MaxId and int id ? id : throw field.Broken($"an id outside 0…{MaxId}");
        Dictionary<ulong, int> ranks = [];
        List<int> merged = [];
        foreach (JsonField merge in model["merges"].Items())
        {
            (string left, string right) = Pair(merge);
            ranks[Key(Id(left), Id(right))] = merged.Count;
            merged.Add(Id(left + right));
            int Id(string token) => ids.TryGetValue(token, out int id) ? id : throw merge.Broken($"'{token}' is not in the vocabulary");
        }
        return new BytePairVocabulary(ids, ranks, [.. merged], model["ignore_merges"].Flag());
    }

    private static (string Left, string Right) Pair(JsonField merge)
    {
        string[] parts = merge.Value.ValueKind == System.Text.Json.JsonValueKind.Array
            ? [.. merge.Items().Take(3).Select(part => part.Text())]
            : merge.Text().Split(' ', 3);
        return parts.Length == 2 && parts[0].Length > 0 && parts[1].Length > 0 ? (parts[0], parts[1]) : throw merge.Broken("not two parts");
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;
}
