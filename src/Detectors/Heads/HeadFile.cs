using Detection.Checkpoints;
using Detection.Contracts;
using Detection.Detectors.Calibration;
using Detection.Detectors.Spans;

namespace Detection.Detectors.Heads;

/// <summary>Heads and the scores of the calibration messages as one safetensors file.</summary>
public sealed record HeadFile(HeadSet Heads, IReadOnlyDictionary<string, HumanScores> People)
{
    private const string SpanLayer = "spans.layer", Elsewhere = ".elsewhere";
    private const string Mean = "features.mean", Deviation = "features.deviation", Rarity = "words.rarity", Hash = "words.hash", GramRarity = "grams.rarity";

    /// <summary>Heads that point at a technique's places; null where none do.</summary>
    public SpanHeads? Spans { get; init; }

    /// <summary>The same heads give the same bytes. Weights of words and grams are stored as bfloat16: <see cref="Round"/> them before calibrating.</summary>
    public void Write(string path)
    {
        List<NamedTensor> tensors = [Vector(Mean, Heads.Mean), Vector(Deviation, Heads.Deviation), Vector(Rarity, Heads.Vocabulary.Rarity)];
        if (Heads.Vocabulary.Kept is { } kept) tensors.Add(Vector(Hash, [.. kept.Select(hash => (float)hash)]));
        if (Heads.Heads.Any(head => head.Grams.Length > 0)) tensors.Add(Vector(GramRarity, Heads.GramRarity));
        foreach (var head in Heads.Heads)
        {
            Add(head.Name, head);
            if (head.Elsewhere is { } elsewhere) Add(head.Name + Elsewhere, elsewhere);
        }
        if (Spans is not null) tensors.Add(Vector(SpanLayer, [Spans.Layer]));
        foreach (var head in Spans?.Heads ?? [])
        {
            tensors.Add(Vector($"{head.Technique}.span", [.. head.Weights, head.Bias]));
            tensors.Add(Vector($"{head.Technique}.span.rule", [head.Rule.Around, head.Rule.Above, head.Rule.Slack, head.Rule.Gap, head.Rule.Shortest]));
        }
        foreach (var (head, people) in People.OrderBy(one => one.Key, StringComparer.Ordinal))
            foreach (var (bucket, scores) in people.Buckets.OrderBy(one => one.Key, StringComparer.Ordinal)) tensors.Add(Vector($"{head}.people.{bucket}", scores));
        SafetensorsWriter.Write(path, tensors);

        void Add(string name, Head head)
        {
            tensors.Add(Vector($"{name}.dense", head.Dense));
            if (head.Products.Length > 0) tensors.Add(Vector($"{name}.products", head.Products));
            if (head.Words.Length > 0) tensors.Add(Vector($"{name}.words", head.Words) with { Type = TensorType.BF16 });
            if (head.Grams.Length > 0) tensors.Add(Vector($"{name}.grams", head.Grams) with { Type = TensorType.BF16 });
            if (head.Elsewhere is not null || head.Words.Length > Heads.Vocabulary.Places || head.Grams.Length > CharacterGrams.Buckets)
                tensors.Add(Vector($"{name}.channels", [.. head.Own.Order().Select(channel => (float)channel)]));
            if (head.Structure.Length > 0) tensors.Add(Vector($"{name}.structure", head.Structure));
            tensors.Add(Vector($"{name}.bias", [head.Bias]));
            tensors.Add(Vector($"{name}.platt", [head.Calibration.Scale, head.Calibration.Shift]));
            foreach (var (channel, own) in head.OfChannel.OrderBy(one => one.Key)) tensors.Add(Vector($"{name}.platt.{channel.Name()}", [own.Scale, own.Shift]));
        }
    }

    /// <exception cref="CheckpointException">The file is broken, or a tensor is missing or has another size than the heads need.</exception>
    public static HeadFile Read(string path)
    {
        using var file = SafetensorsFile.Open(path);
        float[] Values(string name)
        {
            if (!file.Tensors.TryGetValue(name, out var tensor)) throw new CheckpointException(path, name, "missing");
            float[] values = new float[tensor.Count];
            file.Read(name, values);
            return values.All(float.IsFinite) ? values : throw new CheckpointException(path, name, "holds a number that is not finite");
        }

        float[] mean = Values(Mean), deviation = Values(Deviation), rarity = Values(Rarity);
        if (deviation.Length != mean.Length || deviation.Any(value => value <= 0)) throw new CheckpointException(path, Deviation, "not one positive number a feature");
        float[] Optional(string name) => file.Tensors.ContainsKey(name) ? Values(name) : [];
        float[] gramRarity = Optional(GramRarity);
        if (gramRarity.Length is not (0 or CharacterGrams.Buckets)) throw new CheckpointException(path, GramRarity, $"{gramRarity.Length} numbers, not {CharacterGrams.Buckets}");
        bool keeps = file.Tensors.ContainsKey(Hash);
        WordVocabulary vocabulary;
        try
        {
            vocabulary = keeps ? new WordVocabulary([.. Values(Hash).Select(hash => (int)hash)], rarity) : WordVocabulary.Folded(rarity);
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException(path, keeps ? Hash : Rarity, e.Message);
        }
        Head[] heads = [.. HeadNames.All.Where(name => file.Tensors.ContainsKey($"{name}.dense"))
            .Select(name => One(name) with { Elsewhere = file.Tensors.ContainsKey($"{name}{Elsewhere}.dense") ? One(name + Elsewhere) with { Name = name } : null })];
        return new HeadFile(new HeadSet(mean, deviation, vocabulary, heads) { GramRarity = gramRarity }, ReadPeople(path, file, Values)) { Spans = file.Tensors.ContainsKey(SpanLayer) ? ReadSpans(path, file, Values) : null };

        Head One(string name)
        {
            float[] dense = Values($"{name}.dense"), bias = Values($"{name}.bias");
            float[] products = Optional($"{name}.products"), words = Optional($"{name}.words"), grams = Optional($"{name}.grams"), structure = Optional($"{name}.structure");
            if (dense.Length != mean.Length) throw new CheckpointException(path, $"{name}.dense", $"{dense.Length} weights for {mean.Length} features");
            if (!CriteriaProducts.Fit(products.Length, mean.Length))
                throw new CheckpointException(path, $"{name}.products", $"{products.Length} weights, not {CriteriaProducts.Count}: another version of this program measures something else");
            if (!OwnWords.Fit(words.Length, vocabulary.Places)) throw new CheckpointException(path, $"{name}.words", $"{words.Length} weights, not {vocabulary.Places} or twice as many");
            if (!OwnWords.Fit(grams.Length, CharacterGrams.Buckets) || grams.Length > 0 && gramRarity.Length == 0)
                throw new CheckpointException(path, $"{name}.grams", $"{grams.Length} weights, not {CharacterGrams.Buckets} or twice as many, or no {GramRarity}");
            if (structure.Length != 0 && structure.Length != StructuralFeatures.Count)
                throw new CheckpointException(path, $"{name}.structure", $"{structure.Length} weights, not {StructuralFeatures.Count}: another version of this program observes something else");
            if (bias.Length != 1) throw new CheckpointException(path, $"{name}.bias", "not one number");
            // Files of older programs name none: there a head read the words of every channel.
            var own = file.Tensors.ContainsKey($"{name}.channels") ? Values($"{name}.channels").Select(number => ChannelNames.All.FirstOrDefault(channel => (float)channel == number)).ToHashSet() : OwnWords.Channels;
            if (!own.IsSubsetOf(OwnWords.Channels)) throw new CheckpointException(path, $"{name}.channels", "not numbers of channels");
            Platt Scaling(string tensor) => Values(tensor) is [> 0 and var scale, var shift] ? new Platt(scale, shift) : throw new CheckpointException(path, tensor, "not a positive scale and a shift");
            var channels = ChannelNames.All.Where(channel => file.Tensors.ContainsKey($"{name}.platt.{channel.Name()}")).ToDictionary(channel => channel, channel => Scaling($"{name}.platt.{channel.Name()}"));
            return new Head(name, dense, words, bias[0], Scaling($"{name}.platt")) { Products = products, Grams = grams, Structure = structure, Own = own, OfChannel = channels };
        }
    }

    /// <summary>To the nearest bfloat16, as <see cref="Write"/> stores it.</summary>
    public static float Round(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle(bits + 0x7fff + (bits >> 16 & 1) & 0xffff0000);
    }

    private static SpanHeads ReadSpans(string path, SafetensorsFile file, Func<string, float[]> values)
    {
        if (values(SpanLayer) is not [>= 0 and <= short.MaxValue and var layer] || layer != MathF.Floor(layer)) throw new CheckpointException(path, SpanLayer, "not one layer");
        List<SpanHead> heads = [];
        foreach (string name in HeadNames.All.Where(name => file.Tensors.ContainsKey($"{name}.span")))
        {
            float[] weights = values($"{name}.span");
            if (weights.Length < 2 || (weights.Length - 1) % SpanHeads.Ahead.Count != 0) throw new CheckpointException(path, $"{name}.span", $"{weights.Length} numbers, not a bias and as many weights for each of {SpanHeads.Ahead.Count} tokens");
            if (values($"{name}.span.rule") is not [>= 0 and <= SpanRule.Furthest and var around, var above, >= 0 and var slack, >= 0 and <= SpanRule.Furthest and var gap, >= 0 and <= SpanRule.Furthest and var shortest])
                throw new CheckpointException(path, $"{name}.span.rule", "not the five numbers of a rule");
            heads.Add(new SpanHead(name, weights[..^1], weights[^1], new SpanRule((int)around, above, slack, (int)gap, (int)shortest)));
        }
        return heads.Select(head => head.Weights.Length).Distinct().Count() == 1 ? new SpanHeads((int)layer, heads) : throw new CheckpointException(path, SpanLayer, "not one size of heads that read it");
    }

    private static Dictionary<string, HumanScores> ReadPeople(string path, SafetensorsFile file, Func<string, float[]> values)
    {
        var people = new Dictionary<string, HumanScores>(StringComparer.Ordinal);
        foreach (string name in HeadNames.All)
        {
            string prefix = $"{name}.people.";
            var buckets = file.Tensors.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(key => key[prefix.Length..], values, StringComparer.Ordinal);
            foreach (var (bucket, scores) in buckets)
                for (int i = 1; i < scores.Length; i++)
                    if (scores[i] < scores[i - 1]) throw new CheckpointException(path, prefix + bucket, "not sorted");
            if (buckets.Count > 0) people[name] = new HumanScores(buckets);
        }
        return people;
    }

    private static NamedTensor Vector(string name, float[] values) => new(name, [values.Length], values);
}
