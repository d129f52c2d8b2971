using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Detection.Text.BytePairs;

/// <summary>
/// Words that were encoded before. Bounded: when a generation is full the one before it is forgotten; what is used again moves on.
/// A flood of odd words so costs time, but no memory.
/// </summary>
internal sealed class WordCache
{
    private const int MaxWords = 1 << 16, MaxLength = 48; // about 250 bytes a word
    private volatile Pair _generations = new(new Generation(), new Generation());

    public bool TryGet(ReadOnlySpan<char> piece, [NotNullWhen(true)] out Word? word)
    {
        word = null;
        if (piece.Length > MaxLength) return false;
        Pair pair = _generations;
        if (pair.Now.BySpan.TryGetValue(piece, out word)) return true;
        if (!pair.Before.BySpan.TryGetValue(piece, out word)) return false;
        Add(piece, word);
        return true;
    }

    public void Add(ReadOnlySpan<char> piece, Word word)
    {
        if (piece.Length > MaxLength) return;
        Pair pair = _generations;
        if (!pair.Now.Words.TryAdd(piece.ToString(), word)) return;
        if (Interlocked.Increment(ref pair.Now.Count) == MaxWords) _generations = new Pair(new Generation(), pair.Now);
    }

    private sealed record Pair(Generation Now, Generation Before);

    private sealed class Generation
    {
        public int Count;

        public Generation() => BySpan = Words.GetAlternateLookup<ReadOnlySpan<char>>();

        public ConcurrentDictionary<string, Word> Words { get; } = new(StringComparer.Ordinal);

        public ConcurrentDictionary<string, Word>.AlternateLookup<ReadOnlySpan<char>> BySpan { get; }
    }
}
