namespace Detection.Text;

/// <summary>
/// How much of a text was normalised away, as numbers: how often each kind that hides something, its share of the text's characters, and how many more tokens the text had
/// with it. White space and line breaks have no part in it: they give labels away in several data sets.
/// </summary>
public sealed class NormalisationSignals
{
    private static readonly string[] Kinds =
        [NormalisationChange.ZeroWidth, NormalisationChange.BidiControl, NormalisationChange.Confusable, NormalisationChange.OddSpace, NormalisationChange.Control];

    private readonly int[] _counts;
    private readonly double _characters;

    private NormalisationSignals(int[] counts, double characters, double growth) => (_counts, _characters, LogTokenGrowth) = (counts, characters, growth);

    /// <summary>Names of <see cref="Values"/>, in their order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Kinds.Select(kind => $"share_of_{kind.Replace('-', '_')}"), "log_token_growth"];

    /// <summary>Nothing was normalised away.</summary>
    public static NormalisationSignals None { get; } = new(new int[Kinds.Length], 1, 0);

    public float[] Values => [.. Kinds.Select(kind => (float)Share(kind)), (float)LogTokenGrowth];

    /// <summary>Natural logarithm of tokens before to tokens after; 0 where nothing but white space was normalised.</summary>
    public double LogTokenGrowth { get; }

    /// <param name="text">Where nothing was changed, nothing is counted.</param>
    /// <param name="tokens">Counts the tokens of a text; null: their growth is not asked for, and is 0.</param>
    public static NormalisationSignals Of(NormalisedText text, Func<string, int>? tokens = null)
    {
        if (text.Changes.Count == 0) return None;
        int[] counts = [.. Kinds.Select(kind => text.Changes.FirstOrDefault(change => change.Kind == kind)?.Count ?? 0)];
        // Look-alikes and odd spaces have one character each in the normalised text; the others have none.
        int removed = counts.Zip(Kinds).Where(one => one.Second is not (NormalisationChange.Confusable or NormalisationChange.OddSpace)).Sum(one => one.First);
        double growth = tokens is null ? 0 : Math.Log(Math.Max(1, tokens(text.WithSpacesCollapsed())) / (double)Math.Max(1, tokens(text.Text)));
        return new NormalisationSignals(counts, Math.Max(1, text.Text.Length + removed), growth);
    }

    /// <summary>How often something of a kind (<see cref="NormalisationChange"/>) was taken away or replaced; 0 for kinds that hide nothing.</summary>
    public int Count(string kind) => Array.IndexOf(Kinds, kind) is >= 0 and var at ? _counts[at] : 0;

    /// <summary>The count as a share of the text's characters before normalisation, at most 1.</summary>
    public double Share(string kind) => Math.Min(1, Count(kind) / _characters);
}
