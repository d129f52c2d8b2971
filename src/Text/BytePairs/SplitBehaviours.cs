namespace Detection.Text.BytePairs;

/// <summary>What becomes of a delimiter, by the names of tokenizer.json.</summary>
internal enum SplitBehaviour
{
    Isolated,
    Removed,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

internal static class SplitBehaviours
{
    private readonly record struct Part(int Start, int End, bool Delimiter);

    /// <summary>Cuts a piece at its matches (inverted: at what lies between them). Empty parts are dropped.</summary>
    public static void Apply(Piece piece, List<(int Start, int End)> matches, bool invert, SplitBehaviour behaviour, List<Piece> into)
    {
        if (behaviour == SplitBehaviour.Isolated)
        {
            Isolate(piece, matches, into);
            return;
        }
        List<Part> parts = Parts(piece.Length, matches, invert);
        IEnumerable<Part> kept = behaviour switch
        {
            SplitBehaviour.Removed => parts.Where(part => !part.Delimiter),
            SplitBehaviour.Contiguous => Fold(parts, (before, part) => part.Delimiter == before),
            SplitBehaviour.MergedWithPrevious => Fold(parts, (before, part) => part.Delimiter && !before),
            _ => Fold(parts, (before, part) => before && !part.Delimiter),
        };
        foreach (Part part in kept)
            if (part.End > part.Start) into.Add(piece.Slice(part.Start, part.End - part.Start));
    }

    // The usual case, without a list between.
    private static void Isolate(Piece piece, List<(int Start, int End)> matches, List<Piece> into)
    {
        int place = 0;
        foreach ((int start, int end) in matches)
        {
            if (start > place) into.Add(piece.Slice(place, start - place));
            if (end > start) into.Add(piece.Slice(start, end - start));
            place = end;
        }
        if (place < piece.Length) into.Add(piece.Slice(place, piece.Length - place));
    }

    private static List<Part> Parts(int length, List<(int Start, int End)> matches, bool invert)
    {
        List<Part> parts = new(2 * matches.Count + 1);
        int place = 0;
        foreach ((int start, int end) in matches)
        {
            if (start > place) parts.Add(new Part(place, start, invert));
            parts.Add(new Part(start, end, !invert));
            place = end;
        }
        if (place < length) parts.Add(new Part(place, length, invert));
        return parts;
    }

    /// <summary>Joins each part to the one before it where <paramref name="joins"/> says so, given whether that one was a delimiter.</summary>
    private static List<Part> Fold(List<Part> parts, Func<bool, Part, bool> joins)
    {
        List<Part> folded = [];
        bool before = false;
        foreach (Part part in parts)
        {
            if (folded.Count > 0 && joins(before, part)) folded[^1] = folded[^1] with { End = part.End };
            else folded.Add(part);
            before = part.Delimiter;
        }
        return folded;
    }
}
