using System.Buffers;
using System.Text;

namespace Detection.Text.BytePairs;

/// <summary>One of <c>added_tokens</c>: found in the text itself, before anything else splits it.</summary>
internal sealed record AddedToken(int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special)
{
    public static AddedToken Parse(JsonField field) => new(field["id"].Whole(), field["content"].Text(), field["single_word"].Flag(),
        field["lstrip"].Flag(), field["rstrip"].Flag(), field["normalized"].Flag(true), field["special"].Flag());
}

/// <summary>A set of added tokens to look for: the leftmost first, of several there the longest.</summary>
internal sealed class AddedTokenFinder
{
    private readonly SearchValues<string>? _contents;
    private readonly Dictionary<char, AddedToken[]> _byFirst;

    public AddedTokenFinder(IEnumerable<AddedToken> tokens)
    {
        AddedToken[] sought = [.. tokens.Where(token => token.Content.Length > 0)];
        _byFirst = sought.GroupBy(token => token.Content[0])
            .ToDictionary(group => group.Key, group => group.OrderByDescending(token => token.Content.Length).ToArray());
        if (sought.Length > 0) _contents = SearchValues.Create([.. sought.Select(token => token.Content)], StringComparison.Ordinal);
    }

    /// <summary>Cuts a piece into the tokens that stand in it and what lies between them (id null).</summary>
    public void Split(Piece piece, List<(Piece Piece, int? Id)> into)
    {
        ReadOnlySpan<char> text = piece.Span;
        int taken = 0, place = 0;
        while (_contents is not null && place < text.Length && text[place..].IndexOfAny(_contents) is >= 0 and int skip)
        {
            int start = place + skip;
            AddedToken token = Longest(text[start..]);
            int end = place = start + token.Content.Length;
            if (token.SingleWord && !StandsAlone(text, start, end)) continue;
            if (token.LeftStrip) start = text[..start].TrimEnd().Length;
            if (token.RightStrip) end = text.Length - text[end..].TrimStart().Length;
            start = Math.Max(start, taken);
            if (end <= start) continue;
            if (start > taken) into.Add((piece.Slice(taken, start - taken), null));
            into.Add((piece.Slice(start, end - start), token.Id));
            taken = end;
        }
        if (taken < text.Length) into.Add((piece.Slice(taken, text.Length - taken), null));
    }

    private AddedToken Longest(ReadOnlySpan<char> text)
    {
        foreach (AddedToken token in _byFirst[text[0]])
            if (text.StartsWith(token.Content)) return token;
        throw new InvalidOperationException("A token was found that is not sought.");
    }

    private static bool StandsAlone(ReadOnlySpan<char> text, int start, int end)
    {
        Rune.DecodeLastFromUtf16(text[..start], out Rune before, out _);
        Rune.DecodeFromUtf16(text[end..], out Rune after, out _);
        return (start == 0 || !IsWord(before)) && (end == text.Length || !IsWord(after));
    }

    private static bool IsWord(Rune rune) => Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune)
        is System.Globalization.UnicodeCategory.ConnectorPunctuation or System.Globalization.UnicodeCategory.NonSpacingMark
        or System.Globalization.UnicodeCategory.SpacingCombiningMark or System.Globalization.UnicodeCategory.EnclosingMark;
}
