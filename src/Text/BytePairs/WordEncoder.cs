using System.Buffers;
using System.Text;

namespace Detection.Text.BytePairs;

/// <summary>The tokens of one piece; places are UTF-16 units within it, and parts of one character span that character.</summary>
internal sealed record Word(int[] Ids, int[] Starts, int[] Ends);

/// <summary>
/// Byte-pair encoding of one piece: of all neighbours the pair of the lowest rank is merged, of several such the leftmost, until none
/// is left (Sennrich et al. 2016, arXiv:1508.07909). Words are remembered. Safe from several threads.
/// </summary>
internal sealed class WordEncoder(BytePairVocabulary vocabulary)
{
    private const int ScanLimit = 64; // symbols; beyond it a queue keeps the time at n log n
    private readonly WordCache _cache = new();

    public Word Encode(ReadOnlySpan<char> piece)
    {
        if (_cache.TryGet(piece, out Word? word)) return word;
        word = Merge(piece);
        _cache.Add(piece, word);
        return word;
    }

    private Word Merge(ReadOnlySpan<char> piece)
    {
        int most = piece.Length * 3;
        int[] rented = ArrayPool<int>.Shared.Rent(most * 4);
        try
        {
            Span<int> ids = rented.AsSpan(0, most), starts = rented.AsSpan(most, most), ends = rented.AsSpan(2 * most, most), ranks = rented.AsSpan(3 * most, most);
            if (vocabulary.WholeWords && vocabulary.Ids.TryGetValue(Spell(piece), out int whole)) return new Word([whole], [0], [piece.Length]);
            int count = Symbols(piece, ids, starts, ends);
            count = count <= ScanLimit ? MergeByScan(ids, starts, ends, ranks, count) : MergeByQueue(ids, starts, ends, count);
            return new Word(ids[..count].ToArray(), starts[..count].ToArray(), ends[..count].ToArray());
        }
        finally
        {
            ArrayPool<int>.Shared.Return(rented);
        }
    }

    /// <summary>
    /// One symbol a byte. A byte that the vocabulary lacks is left out, and the places of the others are counted without it, as Hugging
    /// Face tokenizers does where there is no unknown token.
    /// </summary>
    private int Symbols(ReadOnlySpan<char> piece, Span<int> ids, Span<int> starts, Span<int> ends)
    {
        Span<byte> utf8 = stackalloc byte[4];
        int count = 0, place = 0, total = 0;
        foreach (Rune rune in piece.EnumerateRunes())
        {
            int end = place + rune.Utf16SequenceLength;
            foreach (byte value in utf8[..rune.EncodeToUtf8(utf8)])
            {
                (starts[total], ends[total]) = (place, end);
                total++;
                if (vocabulary.Bytes[value] is >= 0 and int id) ids[count++] = id;
            }
            place = end;
        }
        return count;
    }

    private static string Spell(ReadOnlySpan<char> piece)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(piece.Length)];
        int count = Encoding.UTF8.GetBytes(piece, bytes);
        return string.Create(count, bytes, static (letters, source) =>
        {
            for (int i = 0; i < letters.Length; i++) letters[i] = ByteAlphabet.Letter(source[i]);
        });
    }

    private int MergeByScan(Span<int> ids, Span<int> starts, Span<int> ends, Span<int> ranks, int count)
    {
        for (int i = 0; i + 1 < count; i++) ranks[i] = vocabulary.Rank(ids[i], ids[i + 1]);
        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
                if (ranks[i] < ranks[best]) best = i;
            if (ranks[best] == int.MaxValue) break;
            ids[best] = vocabulary.Merged(ranks[best]);
            ends[best] = ends[best + 1];
            for (int i = best + 1; i + 1 < count; i++) (ids[i], starts[i], ends[i], ranks[i]) = (ids[i + 1], starts[i + 1], ends[i + 1], ranks[i + 1]);
            count--;
            if (best > 0) ranks[best - 1] = vocabulary.Rank(ids[best - 1], ids[best]);
            if (best + 1 < count) ranks[best] = vocabulary.Rank(ids[best], ids[best + 1]);
        }
        return count;
    }

    // The same merges in the same order from a queue of (rank, place); an entry whose pair has changed since is passed over.
    private int MergeByQueue(Span<int> ids, Span<int> starts, Span<int> ends, int count)
    {
        int[] before = new int[count], after = new int[count];
        bool[] gone = new bool[count];
        PriorityQueue<int, long> queue = new(count);
        for (int i = 0; i < count; i++)
        {
            (before[i], after[i]) = (i - 1, i + 1);
            if (i + 1 < count) Offer(queue, vocabulary.Rank(ids[i], ids[i + 1]), i);
        }
        while (queue.TryDequeue(out int at, out long priority))
        {
            int next = gone[at] ? count : after[at], rank = (int)(priority >> 32);
            if (next >= count || vocabulary.Rank(ids[at], ids[next]) != rank) continue;
            ids[at] = vocabulary.Merged(rank);
            ends[at] = ends[next];
            gone[next] = true;
            after[at] = after[next];
            if (after[at] < count)
            {
                before[after[at]] = at;
                Offer(queue, vocabulary.Rank(ids[at], ids[after[at]]), at);
            }
            if (before[at] >= 0) Offer(queue, vocabulary.Rank(ids[before[at]], ids[at]), before[at]);
        }
        int kept = 0;
        for (int i = 0; i < count; i++)
            if (!gone[i])
            {
                (ids[kept], starts[kept], ends[kept]) = (ids[i], starts[i], ends[i]);
                kept++;
            }
        return kept;
    }

    private static void Offer(PriorityQueue<int, long> queue, int rank, int place)
    {
        if (rank != int.MaxValue) queue.Enqueue(place, ((long)rank << 32) | (uint)place);
    }
}
