using Detection.Contracts;
using Detection.Detectors.Bundles;
using Detection.Detectors.Heads;
using Detection.Detectors.Passages;

namespace Detection.Detectors;

/// <summary>What a decision needs of a text.</summary>
/// <param name="Characters">Of the normalised text.</param>
/// <param name="Supported">The language is one that the heads were trained on.</param>
public sealed record TextToJudge(Channel Channel, int Characters, int Tokens, bool Supported, TextFeatures Features)
{
    /// <summary>In the order of the text; empty for a text too short to have several.</summary>
    public IReadOnlyList<Passage> Passages { get; init; } = [];
}

/// <summary>Applies a bundle's heads, calibration and thresholds to readings. Pure.</summary>
public sealed class Judge
{
    /// <summary>With fewer tokens no bucket shows anything about who wrote a text or what mail it is. A technique fits in three words ("only two left").</summary>
    private const int FewestTokens = 8;

    private readonly HeadFile _heads;
    private readonly DecisionSettings _decisions;
    private readonly string[] _techniques;

    public Judge(HeadFile heads, DecisionSettings decisions)
    {
        (_heads, _decisions) = (heads, decisions);
        _techniques = [.. Taxonomy.Techniques.Select(technique => technique.Name).Where(name => heads.Heads.Heads.Any(head => head.Name == name))];
    }

    public Judgement Decide(TextToJudge reading)
    {
        var margins = Margins(reading.Features);
        double? Probability(string head) => margins.TryGetValue(head, out float margin) ? Find(head).Probability(reading.Channel, margin) : null;
        double? spam = Probability(HeadNames.Spam), phishing = Probability(HeadNames.Phishing);
        if (phishing > spam) phishing = spam;
        var techniques = _techniques.ToDictionary(name => name, name => IsKnown(name, reading) ? Probability(name) : null, StringComparer.Ordinal);
        bool says = reading.Supported && reading.Tokens >= FewestTokens;
        return new Judgement
        {
            Scores = new Scores(Probability(HeadNames.Synthetic), spam, phishing, techniques.Count == 0 ? null : techniques.Values.Max()),
            Authorship = AuthorshipOf(reading, margins),
            Decided = new Decided(says ? MailOf(reading, margins) : MailKind.Unsure, reading.Supported ? [.. Named(techniques, reading)] : []),
            Manipulation = techniques,
            FalsePositiveRate = says ? Rates(reading, margins) : new Dictionary<string, FalsePositiveRate>(),
            Margins = margins,
            Passages = says && _decisions.Passage?.AboveFor(reading.Passages.Count) is { } above ? [.. reading.Passages.Where(passage => passage.Prominence > above)] : [],
        };
    }

    public IReadOnlyDictionary<string, float> Margins(TextFeatures features)
    {
        float[] margins = _heads.Heads.Margins(features);
        return _heads.Heads.Heads.Select((head, i) => (head.Name, margins[i])).ToDictionary(one => one.Name, one => one.Item2, StringComparer.Ordinal);
    }

    /// <summary>In a channel that taught it nothing a technique has a probability where sources that were left out show that it travels; else nobody knows.</summary>
    private bool IsKnown(string technique, TextToJudge reading) =>
        Find(technique) is var head && ReferenceEquals(head.In(reading.Channel), head) || _decisions.NamedFrom(technique, reading.Channel, reading.Characters) is not null;

    private Head Find(string name) => _heads.Heads.Heads.First(head => head.Name == name);

    private Authorship AuthorshipOf(TextToJudge reading, IReadOnlyDictionary<string, float> margins)
    {
        if (!reading.Supported) return Authorship.Unsupported;
        if (reading.Tokens < FewestTokens) return Authorship.TooShort;
        if (!margins.TryGetValue(HeadNames.Synthetic, out float margin)) return Authorship.Unsure;
        if (IsAbove(HeadNames.Synthetic, _decisions.Synthetic, reading, margin)) return Authorship.Machine;
        // A short text may stand out as machine-written, but nothing short stands out as a person's.
        if (reading.Tokens < _decisions.MinimumTokens) return Authorship.TooShort;
        return margin <= _decisions.Synthetic.BelowFor(reading.Channel, reading.Characters) ? Authorship.Human : Authorship.Unsure;
    }

    private MailKind MailOf(TextToJudge reading, IReadOnlyDictionary<string, float> margins)
    {
        if (!margins.TryGetValue(HeadNames.Spam, out float spam)) return MailKind.Unsure;
        if (margins.TryGetValue(HeadNames.Phishing, out float phishing) && IsAbove(HeadNames.Phishing, _decisions.Phishing, reading, phishing)) return MailKind.Phishing;
        if (IsAbove(HeadNames.Spam, _decisions.Spam, reading, spam)) return MailKind.Spam;
        return spam <= _decisions.Spam.BelowFor(reading.Channel, reading.Characters) ? MailKind.Ham : MailKind.Unsure;
    }

    private bool IsAbove(string head, ScoreDecision decision, TextToJudge reading, float margin) =>
        _heads.People.TryGetValue(head, out var people)
        && people.BucketOf(reading.Channel, reading.Characters) is { } bucket
        && margin > decision.AboveFor(bucket, reading.Characters);

    private IEnumerable<string> Named(Dictionary<string, double?> techniques, TextToJudge reading) =>
        techniques.Where(one => one.Value is { } probability && _decisions.Names(one.Key, probability, reading.Channel, reading.Characters)).Select(one => one.Key);

    private Dictionary<string, FalsePositiveRate> Rates(TextToJudge reading, IReadOnlyDictionary<string, float> margins)
    {
        var rates = new Dictionary<string, FalsePositiveRate>(StringComparer.Ordinal);
        foreach (var (head, people) in _heads.People)
            if (margins.TryGetValue(head, out float margin) && people.RateOf(reading.Channel, reading.Characters, margin) is { } rate)
                rates[head] = rate;
        return rates;
    }
}
