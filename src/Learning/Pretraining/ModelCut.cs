using System.Globalization;
using System.Text.Json;
using Detection.Checkpoints;

namespace Detection.Learning.Pretraining;

/// <summary>
/// A smaller model out of a larger one of the same width: some of its blocks and the first ids of its vocabulary. Byte-pair vocabularies are ordered by their merges, so that
/// a shorter one is a tokenizer of its own. The blocks at the bottom give the hidden states that they gave before; those that are kept from the top have to be trained again,
/// since they read what they never saw.
/// </summary>
public static class ModelCut
{
    /// <summary>Writes a Hugging Face folder with float32 weights.</summary>
    /// <param name="source">Of the family llama, with tied embeddings and a byte-level BPE that splits digits.</param>
    /// <param name="layers">Blocks that stay, in order.</param>
    /// <param name="vocabulary">Ids that stay: 0 … vocabulary − 1.</param>
    /// <exception cref="CheckpointException">The source is of another kind.</exception>
    public static LlamaShape Write(Checkpoint source, IReadOnlyList<int> layers, int vocabulary, string folder)
    {
        var full = LlamaShape.Of(source);
        if (layers.Count == 0 || layers.Any(layer => layer < 0 || layer >= full.Layers)) throw new CheckpointException(source.Path, "layers", $"blocks are 0 … {full.Layers - 1}");
        if (vocabulary < 1 || vocabulary > full.Vocabulary) throw new CheckpointException(source.Path, "vocab_size", $"a vocabulary of 1 … {full.Vocabulary} can be cut out");
        var shape = full with { Layers = layers.Count, Vocabulary = vocabulary };
        Directory.CreateDirectory(folder);
        TokenizerFile.Write(Path.Combine(folder, "tokenizer.json"), Shortened(source, vocabulary));
        File.WriteAllText(Path.Combine(folder, "config.json"), shape.Config().ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), [.. shape.Tensors().Select(tensor => new NamedTensor(tensor.Name, tensor.Shape, Values(source, NameIn(tensor.Name, layers), tensor.Shape)))],
            new Dictionary<string, string> { ["format"] = "pt" });
        return shape;
    }

    private static string NameIn(string name, IReadOnlyList<int> layers)
    {
        const string Blocks = "model.layers.";
        if (!name.StartsWith(Blocks, StringComparison.Ordinal)) return name;
        int end = name.IndexOf('.', Blocks.Length);
        int layer = layers[int.Parse(name.AsSpan(Blocks.Length, end - Blocks.Length), CultureInfo.InvariantCulture)];
        return string.Create(CultureInfo.InvariantCulture, $"{Blocks}{layer}{name[end..]}");
    }

    /// <summary>Of a vocabulary matrix the first rows.</summary>
    private static float[] Values(Checkpoint source, string name, long[] shape)
    {
        if (!source.Tensors.TryGetValue(name, out var stored)) throw new CheckpointException(source.Path, name, "no such tensor");
        float[] all = new float[stored.Shape.Aggregate(1L, (product, size) => product * size)];
        source.Read(name, all);
        float[] values = all[..(int)shape.Aggregate(1L, (product, size) => product * size)];
        // As they will be stored: what is trained on top learns to live with the rounding. Blocks that were stored so are not changed by it.
        if (shape.Length == 2) Quantiser.Round(TensorType.Q4_1, values);
        return values;
    }

    private static BpeVocabulary Shortened(Checkpoint source, int vocabulary)
    {
        var full = TokenizerFile.Read(source.Tokenizer ?? throw new CheckpointException(source.Path, "tokenizer", "not byte-level BPE"));
        var ids = full.Ids.Where(one => one.Value < vocabulary).ToDictionary(StringComparer.Ordinal);
        return new BpeVocabulary(ids, [.. full.Merges.Where(merge => ids.ContainsKey(merge.Left) && ids.ContainsKey(merge.Right) && ids.ContainsKey(merge.Left + merge.Right))]);
    }
}
