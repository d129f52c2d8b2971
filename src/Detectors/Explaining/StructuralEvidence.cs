using System.Globalization;
using Detection.Contracts;
using Detection.Text;

namespace Detection.Detectors.Explaining;

/// <summary>
/// What the make-up of a message says: facts of ingest, hidden text, what normalisation removed, and what it asks for and where it leads. Each observation has a name and a sentence; computed
/// once a message, it is said beside the other reasons and is what the heads for mail read (<see cref="Heads.StructuralFeatures"/>).
/// </summary>
internal static class StructuralEvidence
{
    private const int MostSpans = 20;

    private static readonly Dictionary<string, double> Weights = new(StringComparer.Ordinal)
    {
        ["look-alike-domain"] = 0.7,
        ["attachment-double-extension"] = 0.7,
        ["link-mismatch"] = 0.6,
        ["attachment-executable"] = 0.6,
        ["link-active"] = 0.5,
        ["link-userinfo"] = 0.5,
        ["link-ip"] = 0.4,
        ["display-name-address"] = 0.4,
        ["display-name-brand"] = 0.4,
        ["authentication-failed"] = 0.4,
        ["form"] = 0.4,
        ["script"] = 0.4,
        ["reply-to-mismatch"] = 0.3,
        ["alternatives-differ"] = 0.3,
        ["link-punycode"] = 0.15,
        ["link-shortened"] = 0.15,
        ["tracking-pixel"] = 0.05,
        ["authentication-passed"] = 0.02,
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

    /// <summary>What a message may ask for, in words, and how much that weighs by itself: honest mail asks for things too.</summary>
    private static readonly Dictionary<string, (string Sentence, double Weight)> Asked = new(StringComparer.Ordinal)
    {
        [Asks.Credentials] = ("It asks to sign in, or to confirm an account or its data.", 0.1),
        [Asks.Payment] = ("It asks for a payment, or speaks of one to be made.", 0.1),
        [Asks.Urgency] = ("It presses for haste.", 0.05),
        [Asks.Threat] = ("It warns of a loss: an account closed, a charge, a penalty.", 0.1),
        [Asks.Reward] = ("It promises a prize, money or a gift.", 0.1),
        [Asks.Visit] = ("It asks to follow a link or to visit a page.", 0.02),
        [Asks.Contact] = ("It asks to call or to answer.", 0.02),
        [Asks.Sale] = ("It offers something for sale.", 0.05),
        [Asks.Impersonal] = ("It greets its reader without a name.", 0.05),
        [Asks.Confidence] = ("It asks for confidence in a matter of money.", 0.1),
        [Asks.Instant] = ("It asks for a quick favour.", 0.05),
        [Asks.Secret] = ("It asks for a password, a card or another secret.", 0.1),
        [Asks.NewAccount] = ("It speaks of new bank details.", 0.1),
        [Asks.Secrecy] = ("It asks to keep something secret.", 0.05),
    };

    public const string UrgencyWithLink = "urgency-with-link", AsksElsewhere = "asks-elsewhere", HiddenText = "hidden-text";

    /// <summary>Everything that can be observed, but for what says nothing about a message's intent.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Weights.Keys.Where(name => name is not ("truncated" or "tracking-pixel" or "authentication-passed")), HiddenText, UrgencyWithLink, AsksElsewhere, .. Removed.Keys, .. Asked.Keys];

    /// <summary>What a message asks for, which is no reason by itself.</summary>
    public static bool IsRequest(string name) => Asked.ContainsKey(name);

    /// <param name="text">What is judged of the message's text.</param>
    public static IReadOnlyList<Evidence> Of(Message message, NormalisedText text) => [.. Facts(message), .. Hidden(message), .. Normalisation(text), .. Requests(message, text)];

    private static IEnumerable<Evidence> Facts(Message message) => (message.Facts ?? [])
        .Select(fact => new Evidence(fact.Name, 1, Weights.GetValueOrDefault(fact.Name, 0.1), fact.Detail, fact.Name == "link-mismatch" ? Links(message) : []));

    private static IEnumerable<Evidence> Hidden(Message message)
    {
        if (message.Hidden is not { Count: > 0 } hidden) yield break;
        int characters = hidden.Sum(one => one.Text.Length);
        yield return new Evidence(HiddenText, characters, 0.4, string.Create(CultureInfo.InvariantCulture,
            $"It holds {characters:N0} characters that a reader does not see ({string.Join(", ", hidden.Select(one => one.Reason).Distinct(StringComparer.Ordinal).Take(4))})."), []);
    }

    private static IEnumerable<Evidence> Normalisation(NormalisedText text)
    {
        var signals = NormalisationSignals.Of(text);
        return text.Changes.Where(change => Removed.ContainsKey(change.Kind)).Select(change =>
        {
            var (one, many, most) = Removed[change.Kind];
            double share = signals.Share(change.Kind);
            return new Evidence(change.Kind, change.Count, most * Math.Min(1, Least + (1 - Least) * share / FullShare),
                string.Create(CultureInfo.InvariantCulture, $"{change.Count:N0} {(change.Count == 1 ? one : many)}{Percent(share)}."),
                [.. change.Spans.Take(MostSpans).Select(span => new EvidenceSpan("text", span.Start, span.End, 1))]);
        });
    }

    private static string Percent(double share) => share < 0.01 ? "" : string.Create(CultureInfo.InvariantCulture, $": {100 * share:F0} % of its characters");

    private static IEnumerable<Evidence> Requests(Message message, NormalisedText text)
    {
        var asks = Asks.Of(message.Subject is { Length: > 0 } subject ? $"{subject} . {text.Text}" : text.Text);
        foreach (var (name, count) in asks) yield return new Evidence(name, count, Asked[name].Weight, Asked[name].Sentence, []);
        if (message.Urls is not { Count: > 0 } urls) yield break;
        if (asks.ContainsKey(Asks.Urgency) || asks.ContainsKey(Asks.Threat))
            yield return new Evidence(UrgencyWithLink, 1, 0.2, "It presses for haste and gives a link to follow.", []);
        if ((asks.ContainsKey(Asks.Credentials) || asks.ContainsKey(Asks.Payment)) && DomainNames.OfAddress(message.Author?.Address) is { } from && LeadAway(urls, from))
            yield return new Evidence(AsksElsewhere, 1, 0.3, $"It asks for an account or a payment, and none of its links leads to {from}, where it comes from.", []);
    }

    private static bool LeadAway(IReadOnlyList<string> urls, string from)
    {
        string[] hosts = [.. urls.Select(DomainNames.OfUrl).OfType<string>()];
        return hosts.Length > 0 && !hosts.Any(host => DomainNames.SameOwner(host, from));
    }

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
