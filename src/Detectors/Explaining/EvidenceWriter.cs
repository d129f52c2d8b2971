using System.Globalization;
using Detection.Contracts;
using Detection.Detectors.Heads;
using Detection.Detectors.Passages;

namespace Detection.Detectors.Explaining;

/// <summary>The reasons of a verdict in sentences a person can read, with the places they speak of. Weights are shares of all that is said.</summary>
internal sealed class EvidenceWriter(HeadSet? heads)
{
    private readonly SentenceWeights? _sentences = heads is null ? null : new SentenceWeights(heads);

    /// <param name="firstHalf">What the heads decide on the first half of the text alone; null where it is of no interest.</param>
    public IReadOnlyList<Evidence> Write(Reading reading, Judgement judgement, Judgement? firstHalf)
    {
        var said = new List<Evidence>();
        said.AddRange(Authorship(reading, judgement));
        if (firstHalf is not null && Stability(judgement, firstHalf) is { } stability) said.Add(stability);
        said.AddRange(Mail(reading, judgement));
        said.AddRange(judgement.Decided.Techniques.Select(technique => Technique(technique, reading, judgement)));
        // Honest messages ask for things too: that is a reason only beside a verdict.
        bool unwanted = judgement.Decided.Mail is MailKind.Spam or MailKind.Phishing;
        said.AddRange(reading.Structure.Where(one => unwanted || !StructuralEvidence.IsRequest(one.Signal)));
        double total = said.Sum(one => one.Weight);
        return total == 0 ? said : [.. said.Select(one => one with { Weight = Math.Round(one.Weight / total, 4) })];
    }

    private static IEnumerable<Evidence> Authorship(Reading reading, Judgement judgement)
    {
        double value = judgement.Scores.Synthetic ?? 0;
        string? rate = Rate(judgement, HeadNames.Synthetic, "texts by people", "look");
        switch (judgement.Authorship)
        {
            case Contracts.Authorship.Unsupported:
                yield return new Evidence("language", 0, 0, "It is not in a language that this model was made for, so nothing is said about who wrote it.", []);
                yield break;
            case Contracts.Authorship.TooShort:
                yield return new Evidence("length", reading.Tokens, 0, string.Create(CultureInfo.InvariantCulture, $"It is too short to say who wrote it: {reading.Tokens} tokens."), []);
                yield break;
            case Contracts.Authorship.Machine:
                yield return new Evidence(HeadNames.Synthetic, value, 1, $"It reads as machine-written{rate}.", []);
                break;
            case Contracts.Authorship.Human:
                yield return new Evidence(HeadNames.Synthetic, value, 0.5, "It reads as written by a person.", []);
                break;
            default:
                if (judgement.Scores.Synthetic is null) yield break;
                yield return new Evidence(HeadNames.Synthetic, value, 0.3, $"It is not clear who wrote it{rate}.", []);
                break;
        }
        if (Passage(reading, judgement) is { } passage) yield return passage;
        else if (TokenRuns.Of(reading, surprising: value < 0.5) is { Count: > 0 } runs)
            yield return new Evidence("likelihood", runs.Average(run => run.Value), 0.2,
                value < 0.5 ? "The marked passages are not what a language model would expect here." : "The marked passages are what a language model would have written itself.", runs);
    }

    /// <summary>Where something in a text reads as machine-written; nothing where nothing does, or a text that is called so reads so everywhere. The value is the highest prominence.</summary>
    private static Evidence? Passage(Reading reading, Judgement judgement)
    {
        bool machine = judgement.Authorship == Contracts.Authorship.Machine;
        if (judgement.Passages.Count == 0 || machine && judgement.Passages.Count == reading.Passages.Count) return null;
        EvidenceSpan[] spans = [.. Detectors.Passages.Passage.Join(judgement.Passages).Select(one => new EvidenceSpan("text", one.Place.Start, one.Place.End, Math.Round(one.Prominence, 4)))];
        double highest = spans.Max(span => span.Value);
        return machine
            ? new Evidence("passage", highest, 0.2, "The marked passages read most like it.", spans)
            : new Evidence("passage", highest, 0.5, spans.Length == 1 ? "One passage reads as machine-written." : $"{spans.Length} passages read as machine-written.", spans);
    }

    /// <summary>Whether the answer survives truncation; nothing where the half is too short for an answer.</summary>
    private static Evidence? Stability(Judgement judgement, Judgement firstHalf) => firstHalf.Authorship switch
    {
        Contracts.Authorship.TooShort => null,
        var half when half == judgement.Authorship => Stability(firstHalf, "The same is found when only the first half of the text is read."),
        Contracts.Authorship.Unsure => Stability(firstHalf, "It takes the whole text: from the first half alone it is not clear who wrote it."),
        _ => Stability(firstHalf, "It rests on the second half of the text: the first half alone reads otherwise."),
    };

    private static Evidence Stability(Judgement firstHalf, string sentence) => new("stability", firstHalf.Scores.Synthetic ?? 0, 0, sentence, []);

    private IEnumerable<Evidence> Mail(Reading reading, Judgement judgement)
    {
        if (judgement.Decided.Mail == MailKind.Phishing)
            yield return new Evidence(HeadNames.Phishing, judgement.Scores.Phishing ?? 0, 1,
                $"It reads as phishing{Rate(judgement, HeadNames.Phishing, "wanted messages", "look")}.", Sentences(HeadNames.Phishing, reading));
        if (judgement.Decided.Mail == MailKind.Spam)
            yield return new Evidence(HeadNames.Spam, judgement.Scores.Spam ?? 0, 1,
                $"It reads as unwanted mail{Rate(judgement, HeadNames.Spam, "wanted messages", "look")}.", Sentences(HeadNames.Spam, reading));
        if (judgement.Decided.Mail == MailKind.Ham)
            yield return new Evidence(HeadNames.Spam, judgement.Scores.Spam ?? 0, 0.3, "It reads as an ordinary message.", []);
    }

    private Evidence Technique(string name, Reading reading, Judgement judgement) =>
        new(name, judgement.Manipulation[name] ?? 0, 0.5 * (judgement.Manipulation[name] ?? 0), Taxonomy.Find(name).Sentence, reading.PointAt?.Invoke(name) ?? Sentences(name, reading));

    /// <summary>The sentences of a stored text that a head's words speak for most.</summary>
    public IReadOnlyList<EvidenceSpan> Sentences(string head, Channel channel, string text) => _sentences?.Strongest(head, channel, text) ?? [];

    private IReadOnlyList<EvidenceSpan> Sentences(string head, Reading reading) => Sentences(head, reading.Message.Channel, reading.Message.Text ?? "");

    /// <summary>The false-positive rate in words.</summary>
    private static string? Rate(Judgement judgement, string head, string whose, string verb)
    {
        if (!judgement.FalsePositiveRate.TryGetValue(head, out var rate)) return null;
        int share = (int)Math.Floor(100 * rate.Rate);
        return rate.Rate <= 0.1
            ? string.Create(CultureInfo.InvariantCulture, $": about 1 in {Math.Max(2, Math.Floor(1 / rate.Rate)):N0} {whose} of this kind {verb} at least as much so")
            : string.Create(CultureInfo.InvariantCulture, $": {share} in 100 {whose} of this kind {verb} at least as much so");
    }
}
