namespace Detection.Text.BytePairs;

/// <summary>Grows the arrays of <see cref="Tokens"/>.</summary>
internal sealed class TokenList(int expected)
{
    private int[] _ids = new int[expected], _starts = new int[expected], _ends = new int[expected];

    public int Count { get; private set; }

    public void Add(int id, int start, int end)
    {
        if (Count == _ids.Length)
        {
            int size = Math.Max(16, 2 * Count);
            Array.Resize(ref _ids, size);
            Array.Resize(ref _starts, size);
            Array.Resize(ref _ends, size);
        }
        (_ids[Count], _starts[Count], _ends[Count]) = (id, start, end);
        Count++;
    }

    public void Add(Piece piece, Word word)
    {
        for (int i = 0; i < word.Ids.Length; i++)
            Add(word.Ids[i], piece.Text.Start(piece.Start + word.Starts[i]), piece.Text.End(piece.Start + word.Ends[i]));
    }

    public void AddSpecial(IEnumerable<int> ids)
    {
        foreach (int id in ids) Add(id, 0, 0);
    }

    /// <summary>
    /// Leaves as many characters out of a token's place as it has spaces at its edges. One space alone at the start of the text counts
    /// for nothing where a space is put in front: that one has no place.
    /// </summary>
    public void TrimSpaces(Func<int, string> spelling, string text, bool prefixSpace, int from)
    {
        for (int i = from; i < Count; i++)
        {
            string token = spelling(_ids[i]);
            int leading = 0, trailing = 0;
            while (leading < token.Length && IsSpace(token[leading])) leading++;
            while (trailing < token.Length && IsSpace(token[^(trailing + 1)])) trailing++;
            if (leading == 1 && prefixSpace && (i == from || _starts[i] == 0)) leading = 0;
            for (; leading > 0 && _starts[i] < _ends[i]; leading--) _starts[i] += char.IsHighSurrogate(text[_starts[i]]) ? 2 : 1;
            for (; trailing > 0 && _ends[i] > _starts[i]; trailing--) _ends[i] -= char.IsLowSurrogate(text[_ends[i] - 1]) ? 2 : 1;
        }
    }

    public Tokens ToTokens() => new(_ids.AsSpan(0, Count).ToArray(), _starts.AsSpan(0, Count).ToArray(), _ends.AsSpan(0, Count).ToArray());

    private static bool IsSpace(char letter) => letter == ByteAlphabet.Space || char.IsWhiteSpace(letter);
}
