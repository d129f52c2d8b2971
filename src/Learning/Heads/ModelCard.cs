using System.Globalization;
using System.Text;
using Detection.Detectors.Bundles;
using Detection.Detectors.Heads;

namespace Detection.Learning.Heads;

/// <summary>The model card of a bundle, <c>README.md</c>: what is in it, what it learned from, how it decides, and what it must not be trusted with.</summary>
internal static class ModelCard
{
    /// <summary>Tables and pictures of an evaluation beside the card; written by <c>evaluate --card</c>, linked by the card.</summary>
    public const string Figures = "evaluation.md", Roc = "roc.png", Reliability = "reliability.png", Distributions = "distributions.png";

    public const string About = "BASE.md";

    private const string FileName = "README.md", Section = "## Figures\n", NextSection = "\n## ";

    /// <summary>File names with what they show.</summary>
    private static readonly (string File, string Shows)[] Pictures =
    [
        (Roc, "Share found over share of people (ham) flagged, on a log axis"),
        (Reliability, "Observed over predicted share of positives"),
        (Distributions, "Scores of either answer"),
    ];

    /// <summary>Writes the card into a bundle's folder, with what <c>BASE.md</c> there says of the language model, and a link to the figures that lie there.</summary>
    /// <param name="research">The second set of heads, for its table; null: there is none.</param>
    public static void WriteTo(string folder, BundleManifest manifest, TrainedHeads trained, TrainedHeads? research)
    {
        string about = Path.Combine(folder, About);
        File.WriteAllText(Path.Combine(folder, FileName), Write(manifest, trained, research, File.Exists(about) ? File.ReadAllText(about) : null));
        LinkFigures(folder);
    }

    /// <summary>Writes the card of a version that differs from an older one by messages added to its calibration alone.</summary>
    public static void WriteTo(string folder, BundleManifest before, BundleManifest manifest, int human, int ham)
    {
        string Thresholds(ScoreDecision of, ScoreDecision old) => string.Join(", ", of.Above.Where(one => !old.Above.TryGetValue(one.Key, out double above) || above != one.Value)
            .Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Key} {(old.Above.TryGetValue(one.Key, out double above) ? above.ToString("F2", CultureInfo.InvariantCulture) : "not shown")} → {one.Value:F2}"))) is { Length: > 0 } moved ? moved : "none moved";
        File.WriteAllText(Path.Combine(folder, FileName), string.Create(CultureInfo.InvariantCulture, $"""
            # {manifest.Name}, version {manifest.Version}

            Version {before.Version} with {human:N0} messages by people and {ham:N0} wanted ones added to those that its false-positive rates and thresholds rest on. Heads, probabilities and techniques are those of {before.Version}, whose card says what
            taught them and how well they do; its figures are not this version's.

            Thresholds that moved (margins): machine: {Thresholds(manifest.Decisions.Synthetic, before.Decisions.Synthetic)}; spam: {Thresholds(manifest.Decisions.Spam, before.Decisions.Spam)}; phishing: {Thresholds(manifest.Decisions.Phishing, before.Decisions.Phishing)}.

            """));
    }

    /// <summary>Where a folder holds a card and figures, the card gets a section that shows them, in place of an earlier one. Nothing else of the card moves.</summary>
    public static void LinkFigures(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path) || !File.Exists(Path.Combine(folder, Figures))) return;
        string card = File.ReadAllText(path);
        int start = card.IndexOf("\n" + Section, StringComparison.Ordinal) + 1;
        if (start > 0)
        {
            int next = card.IndexOf(NextSection, start, StringComparison.Ordinal);
            card = card.Remove(start, (next < 0 ? card.Length : next + 1) - start);
        }
        else
            start = card.IndexOf("\n## Limits\n", StringComparison.Ordinal) is >= 0 and var limits ? limits + 1 : card.Length;
        string section = $"{Section}Tables with intervals, by source, channel, writers, length and head: [{Figures}]({Figures}). It names the bundle that was measured by its hash.\n\n"
            + Embedded([.. Pictures.Select(picture => picture.File).Where(file => File.Exists(Path.Combine(folder, file)))]);
        File.WriteAllText(path, card.Insert(start, section));
    }

    /// <summary>Pictures as Markdown, a paragraph each.</summary>
    public static string Embedded(IReadOnlyCollection<string> files) => string.Concat(Pictures.Where(picture => files.Contains(picture.File)).Select(picture => $"![{picture.Shows}]({picture.File})\n\n"));

    private static string Write(BundleManifest manifest, TrainedHeads trained, TrainedHeads? research, string? about)
    {
        var (heads, fitted) = (trained.File, trained.Fitted);
        var card = new StringBuilder();
        void Line(FormattableString line) => card.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

        Line($"# {manifest.Name}, version {manifest.Version}");
        Line($"");
        Line($"A language model with linear heads for authorship, mail and manipulation techniques, with their calibration. `bundle.json` names every file by hash.");
        Line($"");
        Line($"## Base weights");
        Line($"{(manifest.Base.Inside ? "In this folder" : "By reference")}: {manifest.Base.From} Licence: {manifest.Base.Licence}");
        foreach (var file in manifest.Base.Files) Line($"- `{file.Name}`, {file.Bytes:N0} bytes, sha256 `{file.Sha256}`");
        Line($"");
        Line($"Heads hold for {string.Join(", ", manifest.Dtypes)}; features: layers {string.Join(", ", manifest.Features.Layers)} of width {manifest.Features.Width}, {manifest.Features.MaxTokens} tokens a message, {(manifest.Features.FirstPredicted ? "after a BOS token" : "no BOS")}.");
        Line($"");
        if (about is not null) card.Append("## The language model\n").Append(about.Trim()).Append("\n\n");
        Line($"## Heads");
        Line($"Logistic regression on pooled hidden states, zero-shot criteria (and, for authorship, the products of every two), surface and hashed words (the authorship head reads words only where that helps on a source left out, and no capitals, digits or punctuation); the heads for mail also read runs of characters and what a message asks for, where it leads and how it is made. Strength chosen on held-out folds: whole sources for `synthetic`, clusters of like texts elsewhere.");
        Line($"");
        Line($"| head | rows (positive / negative) | ridge | words | AUROC, held-out folds | named from P |");
        Line($"|---|---|---|---|---|---|");
        foreach (var head in fitted) Line($"{Row(head, manifest.Decisions)}");
        if (StayedOf(manifest.Kept) is { } stayed) Line($"\n{stayed}");
        if (Higher(manifest.Decisions) is { } higher) Line($"\n{higher}");
        if (research is not null && manifest.Research is { } second)
        {
            Line($"");
            Line($"Heads that learned from restricted sources too (`heads-research.LICENSE`: not for commercial use; chosen by `Detection:Heads=research`). A technique that is missing above is taught by such a source alone, and is null by default.");
            Line($"");
            Line($"| research head | rows (positive / negative) | ridge | words | AUROC, held-out folds | named from P |");
            Line($"|---|---|---|---|---|---|");
            foreach (var head in research.Fitted) Line($"{Row(head, second.Decisions)}");
            if (StayedOf(second.Kept) is { } stayedResearch) Line($"\n{stayedResearch}");
            if (Higher(second.Decisions) is { } ofResearch) Line($"\n{ofResearch}");
        }
        foreach (var (which, spans) in new[] { ("", heads.Spans), ("research ", research?.File.Spans) })
        {
            if (spans is null) continue;
            Line($"");
            Line($"The {which}heads also point at the places of a named technique, by the states of single tokens after layer {spans.Layer}: {string.Join(", ", spans.Heads.Select(head => head.Technique))}. Other techniques are shown by the sentences whose words speak for them.");
        }
        Line($"");
        Line($"## Calibration and decisions");
        Line($"`synthetic`, `spam` and `phishing` are probabilities at even odds; techniques at the frequency of their sources. False-positive rates are (1 + k)/(n + 1) over calibration messages by people (ham).");
        Line($"A text is called machine-written, spam or phishing only above a margin that keeps {manifest.Decisions.Synthetic.Budget:P1} of people with {manifest.Decisions.Synthetic.Confidence:P0} confidence in its bucket; human (ham) only where at most {manifest.Decisions.Synthetic.Missed:P0} of the machine (spam) calibration texts lie. Under {manifest.Decisions.MinimumTokens} tokens: too short, unless it stands out.");
        Line($"");
        Line($"| bucket | people | machine above | ham | spam above | phishing above |");
        Line($"|---|---|---|---|---|---|");
        foreach (string bucket in heads.People.Values.SelectMany(people => people.Buckets.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            Line($"| {bucket} | {Count(heads, HeadNames.Synthetic, bucket)} | {Above(manifest.Decisions.Synthetic, bucket)} | {Count(heads, HeadNames.Spam, bucket)} | {Above(manifest.Decisions.Spam, bucket)} | {Above(manifest.Decisions.Phishing, bucket)} |");
        Line($"");
        Line($"## Data");
        Line($"| source | use | rows | licence |");
        Line($"|---|---|---|---|");
        foreach (var source in manifest.Training) Line($"| {source.Source} | {source.Use} | {source.Rows} | {source.LicenceClass}: {source.Licence} |");
        foreach (var source in manifest.Research?.Training.Where(source => source.LicenceClass == "restricted") ?? []) Line($"| {source.Source} | {source.Use} the research heads | {source.Rows} | {source.LicenceClass}: {source.Licence} |");
        Line($"");
        Line($"## Limits");
        Line($"English only. Machine-written text of generators, prompts or channels unlike those above may pass as human; edited, translated or very short text often does. A technique is not a harm. Rates hold for messages like the calibration messages: watch the flag rate on your own known-human traffic. Not a proof of authorship, and not to be used against a person on its own.");
        return card.ToString();
    }

    private static string Row(FittedHead head, DecisionSettings decisions) => string.Create(CultureInfo.InvariantCulture,
        $"| {head.Name} | {head.Positives} / {head.Negatives} | {head.Strength.Ridge} | {(head.Strength.WordScale == 0 ? "no" : $"× {head.Strength.WordScale}")} | {head.Strength.Auroc:F3} | {Threshold(decisions, head.Name)} |");

    private static string Threshold(DecisionSettings decisions, string head) => decisions.Techniques.TryGetValue(head, out double threshold)
        ? threshold.ToString("F2", CultureInfo.InvariantCulture)
        : head is HeadNames.Synthetic or HeadNames.Spam or HeadNames.Phishing || decisions.TechniquesOf?.Values.Any(bucket => bucket.TryGetValue(head, out double own) && own < DecisionSettings.Never) == true ? "see below" : "never: under half right";

    private static string? StayedOf(KeptHeads? kept) => kept is null ? null
        : $"As in version {kept.Version} (`bundle.json` sha256 `{kept.Sha256}`), with their thresholds; the data below taught them too: {string.Join(", ", kept.Heads)}.";

    private static string? Higher(DecisionSettings decisions) => decisions.TechniquesOf is not { Count: > 0 } channels ? null
        : $"Named from another P in some channels and lengths, chosen on validation rows of that kind where there are {TechniqueThresholds.FewestOfAnswer} of either answer, else in all channels that taught it, and so high that at most a tenth (of a lure: 3 %) of its ordinary messages are. The P above is for all others: chosen on sources that taught nothing of it, by heads that learned from the others, as if at most one message in five used it; where those are wrong more often than right, or only one source shows a technique, it is named in these alone: {string.Join("; ", channels.OrderBy(channel => channel.Key, StringComparer.Ordinal).Select(channel =>
            $"{channel.Key}: {string.Join(", ", channel.Value.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => one.Value < DecisionSettings.Never ? string.Create(CultureInfo.InvariantCulture, $"{one.Key} {one.Value:F2}") : $"{one.Key} never"))}"))}.";

    private static string Above(ScoreDecision decision, string bucket) =>
        decision.Above.TryGetValue(bucket, out double above) ? above.ToString("F2", CultureInfo.InvariantCulture) : "not shown";

    private static string Count(HeadFile heads, string head, string bucket) =>
        heads.People.TryGetValue(head, out var people) && people.Buckets.TryGetValue(bucket, out float[]? scores) ? scores.Length.ToString("N0", CultureInfo.InvariantCulture) : "0";
}
