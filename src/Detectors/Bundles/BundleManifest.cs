using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Detection.Contracts;
using Detection.Detectors.Calibration;

namespace Detection.Detectors.Bundles;

/// <summary><c>bundle.json</c>: what a model bundle consists of, what it learned from and how it decides.</summary>
public sealed record BundleManifest
{
    public const string FileName = "bundle.json";

    /// <summary>Version of this file's form.</summary>
    public int Format { get; init; } = 1;
    public required string Name { get; init; }
    public required string Version { get; init; }
    public required BaseWeights Base { get; init; }

    /// <summary>Types for which the heads and their calibration hold; another type gives criteria only.</summary>
    public required IReadOnlyList<string> Dtypes { get; init; }
    public required FeatureSettings Features { get; init; }
    public required HeadFiles Heads { get; init; }
    public required DecisionSettings Decisions { get; init; }

    /// <summary>BCP 47 languages that the heads were trained on; text in another is <c>unsupported</c>.</summary>
    public IReadOnlyList<string> Languages { get; init; } = ["en"];

    /// <summary>Every file that taught or calibrated, with hash and licence.</summary>
    public IReadOnlyList<TrainingSource> Training { get; init; } = [];

    /// <summary>Heads that an older version trained; null: this one trained all of them.</summary>
    public KeptHeads? Kept { get; init; }

    /// <summary>What differs where the research heads judge; null without them.</summary>
    public ResearchSettings? Research { get; init; }

    /// <summary>Figures of the last evaluation, for people.</summary>
    public JsonObject? Metrics { get; init; }

    internal static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 32,
    };

    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";
}

/// <summary>The language model under the heads. Its files lie in the bundle's folder, or are found elsewhere by their hash.</summary>
/// <param name="Inside">True: in the bundle's folder.</param>
/// <param name="From">Where to get the files, for people.</param>
public sealed record BaseWeights(bool Inside, IReadOnlyList<BundleFile> Files, string From, string Licence);

public sealed record BundleFile(string Name, string Sha256, long Bytes)
{
    /// <summary>A file as it is.</summary>
    public static BundleFile Of(string path)
    {
        using var stream = File.OpenRead(path);
        return new BundleFile(Path.GetFileName(path), Convert.ToHexStringLower(SHA256.HashData(stream)), stream.Length);
    }
}

/// <summary>How features are made: a head is only good for features made this very way.</summary>
/// <param name="MaxTokens">Tokens of a message that are read; the rest is left out and <c>truncated</c> says so.</param>
/// <param name="FirstPredicted">True: the text is scored after the model's BOS token, so that its first token counts too.</param>
public sealed record FeatureSettings(int Version, IReadOnlyList<int> Layers, int Width, int MaxTokens, bool FirstPredicted);

/// <summary>How the heads decide that learned from restricted sources too, and what they learned from.</summary>
public sealed record ResearchSettings(DecisionSettings Decisions, IReadOnlyList<TrainingSource> Training)
{
    /// <summary>As <see cref="BundleManifest.Kept"/>, of these heads.</summary>
    public KeptHeads? Kept { get; init; }
}

/// <summary>Heads that are those of an older version, with all that was measured of them.</summary>
/// <param name="Sha256">Of the older version's <c>bundle.json</c>.</param>
public sealed record KeptHeads(string Version, string Sha256, IReadOnlyList<string> Heads);

/// <param name="Research">Heads that learned from restricted sources too: not for commercial use.</param>
public sealed record HeadFiles(BundleFile Default, BundleFile? Research = null);

/// <param name="MinimumTokens">Shorter texts get <c>too-short</c> unless they pass the threshold of a bucket of their own.</param>
/// <param name="Techniques">Probability from which a technique is named, by head, where <see cref="TechniquesOf"/> says nothing else.</param>
public sealed record DecisionSettings(int MinimumTokens, ScoreDecision Synthetic, ScoreDecision Spam, ScoreDecision Phishing, IReadOnlyDictionary<string, double> Techniques)
{
    /// <summary>Stands for a probability that no message has: the technique is never named.</summary>
    public const double Never = 2;

    /// <summary>The same by bucket of <see cref="LengthBucket.Of"/> and technique; the narrowest bucket of a message that has a technique decides. Null in older bundles.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>>? TechniquesOf { get; init; }

    /// <summary>Null: nothing is said of single passages.</summary>
    public PassageDecision? Passage { get; init; }

    /// <summary>Whether the technique is named in such a message.</summary>
    public bool Names(string technique, double probability, Channel channel, int characters) => NamedFrom(technique, channel, characters) is { } least && probability >= least;

    /// <summary>The probability from which a technique is named in a kind of message; null where it never is.</summary>
    public double? NamedFrom(string technique, Channel channel, int characters)
    {
        foreach (string bucket in LengthBucket.Of(channel, characters))
            if (TechniquesOf?.TryGetValue(bucket, out var own) == true && own.TryGetValue(technique, out double least)) return least < Never ? least : null;
        return Techniques.TryGetValue(technique, out double threshold) ? threshold : null;
    }
}

/// <summary>
/// A passage of a higher prominence than <paramref name="Above"/> stands out; chosen on the highest passage of each of so many calibration texts by people, so that with that confidence no
/// more than the budget of such texts have one.
/// </summary>
public sealed record PassageDecision(double Budget, double Confidence, double Above, int Texts)
{
    /// <summary>The highest of many passages is higher than that of a few. Null: one threshold for all texts.</summary>
    public LongTextDecision? Long { get; init; }

    /// <summary>For a text of so many passages.</summary>
    public double AboveFor(int passages) => Long is { } many && passages >= many.Passages ? many.Above : Above;
}

/// <summary>The same for texts of so many passages or more.</summary>
public sealed record LongTextDecision(int Passages, double Above, int Texts);

/// <summary>
/// Margins that decide. <paramref name="Above"/>: by bucket, strictly above which the answer is yes; chosen as the k-th highest human score with the largest k for which
/// P(Bin(n, budget) ≥ k) ≥ confidence, so that with that confidence no more than the budget of people is flagged. <paramref name="Below"/>: at or below it the answer is no;
/// <paramref name="Missed"/> of the calibration positives lie there.
/// </summary>
public sealed record ScoreDecision(double Budget, double Confidence, IReadOnlyDictionary<string, double> Above, double? Below, double Missed)
{
    /// <summary>As <see cref="Below"/>, for buckets of <see cref="LengthBucket.OfLength"/> with enough positives of their own: of a long text more can be said than of a short one. Null in older bundles.</summary>
    public IReadOnlyDictionary<string, double>? BelowOf { get; init; }

    /// <summary>Strictly above which the answer is yes; null: it is never yes.</summary>
    /// <param name="bucket">The message's narrowest with enough people (<see cref="HumanScores.BucketOf"/>). Where that is <see cref="LengthBucket.All"/>, <see cref="Above"/> may know a threshold of its length in any channel.</param>
    public double? AboveFor(string bucket, int characters) =>
        bucket == LengthBucket.All && Above.TryGetValue(LengthBucket.LengthOf(characters), out double above) || Above.TryGetValue(bucket, out above) ? above : null;

    /// <summary>At or below which the answer is no, for such a message; null: it is never no.</summary>
    public double? BelowFor(Channel channel, int characters)
    {
        foreach (string bucket in LengthBucket.OfLength(channel, characters))
            if (BelowOf?.TryGetValue(bucket, out double below) == true) return below;
        return Below;
    }
}

/// <param name="Use"><c>trains</c> or <c>calibrates</c>.</param>
public sealed record TrainingSource(string Source, string Use, int Rows, string Sha256, string LicenceClass, string Licence);
