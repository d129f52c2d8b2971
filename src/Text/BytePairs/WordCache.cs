using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Detection.Text.BytePairs;

/// <summary>
/// Words that were encoded before. Bounded: when a generation is full a new one begins, so that a flood of odd words costs time but
/// no memory and is forgotten.
/// </summary>
internal sealed class WordCache
{
    private const int MaxWords = 1 << 16, MaxLength = 48;
    private Generation _generation = new();

    public bool TryGet(ReadOnlySpan<char> piece, [NotNullWhen(true)] out Word? word)
    {
        word = null;
        return piece.Length <= MaxLength && _generation.BySpan.TryGetValue(piece, out word);
    }

    public void Add(ReadOnlySpan<char> piece, Word word)
    {
        if (piece.Length > MaxLength) return;
        Generation generation = _generation;
        if (generation.Words.TryAdd(piece.ToString(), word) && Interlocked.Increment(ref generation.Count) >= MaxWords) _generation = new Generation();
    }

    private sealed class Generation
    {
        public int Count;

        public Generation() => BySpan = Words.GetAlternateLookup<ReadOnlySpan<char>>();

        public ConcurrentDictionary<string, Word> Words { get; } = new(StringComparer.Ordinal);

        public ConcurrentDictionary<string, Word>.AlternateLookup<ReadOnlySpan<char>> BySpan { get; }
    }
}
