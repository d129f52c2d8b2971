namespace Detection.Text;

/// <summary>
/// How much of a text was normalised away, as numbers: how often each kind that hides something, and its share of the text's characters. White space and line breaks
/// have no part in it: they give labels away in several data sets.
/// </summary>
public sealed class NormalisationSignals
{
    private static readonly string[] Kinds =
        [NormalisationChange.ZeroWidth, NormalisationChange.BidiControl, NormalisationChange.Confusable, NormalisationChange.OddSpace, NormalisationChange.Control];

    private readonly int[] _counts;
    private readonly double _characters;

    private NormalisationSignals(int[] counts, double characters) => (_counts, _characters) = (counts, characters);

    /// <summary>Names of <see cref="Values"/>, in their order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Kinds.Select(kind => $"share_of_{kind.Replace('-', '_')}")];

    /// <summary>Nothing was normalised away.</summary>
    public static NormalisationSignals None { get; } = new(new int[Kinds.Length], 1);

    /// <summary>Shares, 0–1.</summary>
    public float[] Values => [.. Kinds.Select(kind => (float)Share(kind))];

    public static NormalisationSignals Of(NormalisedText text)
    {
        if (text.Changes.Count == 0) return None;
        int[] counts = [.. Kinds.Select(kind => text.Changes.FirstOrDefault(change => change.Kind == kind)?.Count ?? 0)];
        // Look-alikes and odd spaces have one character each in the normalised text; the others have none.
        int removed = counts.Zip(Kinds).Where(one => one.Second is not (NormalisationChange.Confusable or NormalisationChange.OddSpace)).Sum(one => one.First);
        return new NormalisationSignals(counts, Math.Max(1, text.Text.Length + removed));
    }

    /// <summary>How often something of a kind (<see cref="NormalisationChange"/>) was taken away or replaced; 0 for kinds that hide nothing.</summary>
    public int Count(string kind) => Array.IndexOf(Kinds, kind) is >= 0 and var at ? _counts[at] : 0;

    /// <summary>The count as a share of the text's characters before normalisation, at most 1.</summary>
    public double Share(string kind) => Math.Min(1, Count(kind) / _characters);
}
