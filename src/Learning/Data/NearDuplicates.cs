using System.Text;

namespace Detection.Learning.Data;

/// <summary>
/// Clusters of near-duplicates over all files and tasks. Texts of 13 words or more belong together when their sketches (the 16 smallest hashes of 13-word runs)
/// share at least half; shorter ones when their letters and digits are the same. Clusters only ever remove rows from training.
/// </summary>
public sealed class NearDuplicates
{
    private const int Run = 13, Sketch = 16, MostCandidates = 64;
    private readonly int[] _parent;

    public NearDuplicates(IReadOnlyList<string> texts)
    {
        _parent = [.. Enumerable.Range(0, texts.Count)];
        ulong[][] sketches = new ulong[texts.Count][];
        Parallel.For(0, texts.Count, i => sketches[i] = SketchOf(texts[i]));
        var postings = new Dictionary<ulong, List<int>>();
        for (int text = 0; text < sketches.Length; text++)
        {
            Join(text, sketches, postings);
            foreach (ulong hash in sketches[text])
            {
                if (!postings.TryGetValue(hash, out var where)) postings[hash] = where = [];
                if (where.Count < MostCandidates) where.Add(text);
            }
        }
    }

    /// <summary>The first text of the cluster that a text belongs to.</summary>
    public int ClusterOf(int text)
    {
        while (_parent[text] != text) text = _parent[text] = _parent[_parent[text]];
        return text;
    }

    private void Join(int text, ulong[][] sketches, Dictionary<ulong, List<int>> postings)
    {
        var shared = new Dictionary<int, int>();
        foreach (ulong hash in sketches[text])
            if (postings.TryGetValue(hash, out var where))
                foreach (int other in where) shared[other] = shared.GetValueOrDefault(other) + 1;
        foreach (var (other, count) in shared)
            if (2 * count >= Math.Min(sketches[text].Length, sketches[other].Length))
            {
                int a = ClusterOf(text), b = ClusterOf(other);
                _parent[Math.Max(a, b)] = Math.Min(a, b);
            }
    }

    private static ulong[] SketchOf(string text)
    {
        var words = new List<ulong>();
        ulong word = 0, whole = Seed;
        foreach (char letter in text)
            if (char.IsLetterOrDigit(letter)) word = Mix(word == 0 ? Seed : word, char.ToLowerInvariant(letter));
            else if (word != 0) { words.Add(word); word = 0; }
        if (word != 0) words.Add(word);
        if (words.Count < Run)
        {
            foreach (ulong one in words) whole = Mix(whole, one);
            return [whole];
        }
        var runs = new HashSet<ulong>();
        for (int start = 0; start + Run <= words.Count; start++)
        {
            ulong hash = Seed;
            for (int i = 0; i < Run; i++) hash = Mix(hash, words[start + i]);
            runs.Add(hash);
        }
        return [.. runs.Order().Take(Sketch)];
    }

    private const ulong Seed = 0xcbf29ce484222325;

    /// <summary>A step of the finaliser of MurmurHash3 (public domain, Austin Appleby).</summary>
    private static ulong Mix(ulong hash, ulong value)
    {
        hash = (hash ^ value) * 0xff51afd7ed558ccd;
        hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53;
        return hash ^ hash >> 33;
    }
}
