using Detection.Contracts;
using Detection.Detectors.Explaining;

namespace Detection.Detectors.Heads;

/// <summary>
/// The named observations about a message as numbers for the heads of mail: 1 − e^(−value) of each, so that many are little more than some and nothing is unbounded. No year, no program that
/// sent it, no presence of a header: these give labels away in the data sets (published-numbers.md §3.1) and mean nothing in the field.
/// </summary>
public static class StructuralFeatures
{
    private static readonly Dictionary<string, int> Places = StructuralEvidence.Names.Select((name, at) => (name, at)).ToDictionary(one => one.name, one => one.at, StringComparer.Ordinal);

    /// <summary>
    /// What is known of a sign before any data (log odds for unwanted mail, for phishing, that one such observation adds): the data sets have mail with headers of 2002 and phishing of 2024
    /// alone, so that no figure of theirs can say what a copied domain means. Of 2,160 wanted mails of 2002 no more than 1 in 400 show any one of the first nine, which phishing is made with.
    /// Training moves a weight from here as far as its rows show. Signs that are not listed start at nothing.
    /// </summary>
    private static readonly Dictionary<string, (float Spam, float Phishing)> Known = new(StringComparer.Ordinal)
    {
        ["look-alike-domain"] = (3, 4),
        ["attachment-double-extension"] = (3, 4),
        ["attachment-executable"] = (1.5f, 1.5f),
        ["link-mismatch"] = (2, 2.5f),
        ["link-active"] = (1, 1.5f),
        ["link-userinfo"] = (2, 2.5f),
        ["link-ip"] = (2, 1.5f),
        ["display-name-address"] = (1.5f, 2),
        ["display-name-brand"] = (2, 3),
        ["authentication-failed"] = (1, 1),
        ["form"] = (0.5f, 1.5f),
        ["reply-to-mismatch"] = (0.5f, 0.5f),
        [StructuralEvidence.AsksElsewhere] = (0.5f, 1),
        [StructuralEvidence.HiddenText] = (0.5f, 0.3f),
        [Asks.Secret] = (0.5f, 1),
        [Asks.NewAccount] = (0.5f, 1.5f),
    };

    /// <summary>The number of a sign that is seen once.</summary>
    private static readonly float Once = (float)(1 - Math.Exp(-1));

    public static IReadOnlyList<string> Names => StructuralEvidence.Names;

    public static int Count => Names.Count;

    public static float[] Of(IEnumerable<Evidence> observed)
    {
        double[] values = new double[Count];
        foreach (var one in observed)
            if (Places.TryGetValue(one.Signal, out int at)) values[at] += one.Value;
        return [.. values.Select(value => (float)(1 - Math.Exp(-value)))];
    }

    /// <summary>Weights that a head for mail starts from; zeros for another head.</summary>
    public static float[] Prior(string head) =>
        [.. Names.Select(name => !Known.TryGetValue(name, out var known) ? 0 : (head == HeadNames.Spam ? known.Spam : head == HeadNames.Phishing ? known.Phishing : 0) / Once)];
}
