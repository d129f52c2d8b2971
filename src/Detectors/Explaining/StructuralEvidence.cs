using System.Globalization;
using Detection.Contracts;
using Detection.Text;

namespace Detection.Detectors.Explaining;

/// <summary>
/// What the make-up of a message says: facts of ingest, hidden text, and what normalisation removed. Said, and weighed beside the other reasons, but without effect on the scores:
/// the mails with headers at hand are ham of 2002 and phishing of 2024, so that a head would learn the year.
/// </summary>
internal static class StructuralEvidence
{
    private const int MostSpans = 20;

    private static readonly Dictionary<string, double> Weights = new(StringComparer.Ordinal)
    {
        ["link-mismatch"] = 0.6,
        ["attachment-executable"] = 0.6,
        ["link-active"] = 0.5,
        ["display-name-address"] = 0.4,
        ["reply-to-mismatch"] = 0.3,
        ["form"] = 0.4,
        ["alternatives-differ"] = 0.3,
        ["tracking-pixel"] = 0.05,
        ["truncated"] = 0,
    };

    /// <summary>From this share of the characters on, what was normalised away weighs as much as it can; one place weighs a fifth of that.</summary>
    private const double FullShare = 0.1, Least = 0.2;

    /// <summary>Kinds of <see cref="NormalisationChange"/> that hide something: how one and how many are said, and the most that they weigh.</summary>
    private static readonly Dictionary<string, (string One, string Many, double Most)> Removed = new(StringComparer.Ordinal)
    {
        [NormalisationChange.ZeroWidth] = ("invisible character was removed", "invisible characters were removed", 0.5),
        [NormalisationChange.BidiControl] = ("character that turns the direction of text was removed", "characters that turn the direction of text were removed", 0.5),
        [NormalisationChange.Confusable] = ("letter of another alphabet that looks Latin was read as Latin", "letters of other alphabets that look Latin were read as Latin", 0.5),
        [NormalisationChange.OddSpace] = ("space that no keyboard makes was read as a plain one", "spaces that no keyboard makes were read as plain ones", 0.1),
        [NormalisationChange.Control] = ("control character was removed or replaced", "control characters were removed or replaced", 0.2),
    };

    public static IEnumerable<Evidence> Of(Reading reading) => Facts(reading.Message).Concat(Hidden(reading.Message)).Concat(Normalisation(reading));

    private static IEnumerable<Evidence> Facts(Message message) => (message.Facts ?? [])
        .Select(fact => new Evidence(fact.Name, 1, Weights.GetValueOrDefault(fact.Name, 0.1), fact.Detail, fact.Name == "link-mismatch" ? Links(message) : []));

    private static IEnumerable<Evidence> Hidden(Message message)
    {
        if (message.Hidden is not { Count: > 0 } hidden) yield break;
        int characters = hidden.Sum(one => one.Text.Length);
        yield return new Evidence("hidden-text", characters, 0.4, string.Create(CultureInfo.InvariantCulture,
            $"It holds {characters:N0} characters that a reader does not see ({string.Join(", ", hidden.Select(one => one.Reason).Distinct(StringComparer.Ordinal).Take(4))})."), []);
    }

    private static IEnumerable<Evidence> Normalisation(Reading reading) => reading.Changes.Where(change => Removed.ContainsKey(change.Kind)).Select(change =>
    {
        var (one, many, most) = Removed[change.Kind];
        double share = reading.Signals.Share(change.Kind);
        return new Evidence(change.Kind, change.Count, most * Math.Min(1, Least + (1 - Least) * share / FullShare),
            string.Create(CultureInfo.InvariantCulture, $"{change.Count:N0} {(change.Count == 1 ? one : many)}{Percent(share)}."),
            [.. change.Spans.Take(MostSpans).Select(span => new EvidenceSpan("text", span.Start, span.End, 1))]);
    });

    private static string Percent(double share) => share < 0.01 ? "" : string.Create(CultureInfo.InvariantCulture, $": {100 * share:F0} % of its characters");

    /// <summary>Where the text of a link that names another host than it leads to stands.</summary>
    private static List<EvidenceSpan> Links(Message message)
    {
        var spans = new List<EvidenceSpan>();
        string text = message.Text ?? "";
        foreach (var link in (message.Links ?? []).Where(link => link.Text.Contains('.', StringComparison.Ordinal) && link.Text.Length is > 3 and < 300).Take(MostSpans))
            if (text.IndexOf(link.Text, StringComparison.Ordinal) is >= 0 and var at && !link.Target.Contains(link.Text, StringComparison.OrdinalIgnoreCase))
                spans.Add(new EvidenceSpan("text", at, at + link.Text.Length, 1));
        return spans;
    }
}
