namespace Detection.Text.Normalising;

/// <summary>Counts what is normalised away and where it stood.</summary>
internal sealed class ChangeLog
{
    private readonly SortedDictionary<string, (int Count, List<TextSpan> Spans)> _kinds = new(StringComparer.Ordinal);

    public void Add(string kind, TextSpan span, int count = 1)
    {
        (int before, List<TextSpan> spans) = _kinds.TryGetValue(kind, out var known) ? known : (0, []);
        if (spans.Count > 0 && spans[^1].End == span.Start) spans[^1] = spans[^1] with { End = span.End };
        else if (spans.Count < NormalisationChange.MaxSpans) spans.Add(span);
        _kinds[kind] = (before + count, spans);
    }

    public IReadOnlyList<NormalisationChange> ToList() => [.. _kinds.Select(kind => new NormalisationChange(kind.Key, kind.Value.Count, kind.Value.Spans))];
}
