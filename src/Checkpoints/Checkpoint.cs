using System.Text.Json;

namespace Detection.Checkpoints;

/// <summary>
/// A language model on disk: a Hugging Face folder (config.json, tokenizer.json, model.safetensors or shards with an index) or one
/// GGUF file, which is presented as if it were such a folder: Hugging Face config keys, tensor names, row order and tokenizer
/// schema. Weights are memory-mapped; the files must not be changed while they are open. Reading is safe from several threads.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private readonly IReadOnlyDictionary<string, StoredTensor> _stored;
    private readonly IReadOnlyList<IDisposable> _mapped;
    private readonly Lazy<JsonElement?> _tokenizer;

    internal Checkpoint(string path, JsonElement config, IReadOnlyDictionary<string, StoredTensor> stored, IReadOnlyList<string> files,
        IReadOnlyList<IDisposable> mapped, Func<JsonElement?> tokenizer)
    {
        (Path, Config, _stored, _mapped, _tokenizer) = (path, config, stored, mapped, new(tokenizer));
        Family = config.TryGetProperty("model_type", out JsonElement type)
            ? JsonFile.Text(type, path, "model_type")
            : throw new CheckpointException(path, "model_type", "missing from config.json");
        Tensors = stored.ToDictionary(pair => pair.Key, pair => pair.Value.Tensor, StringComparer.Ordinal);
        Files = [.. files.Select(file => new CheckpointFile(file))];
    }

    /// <summary>The folder or file as it was given to <see cref="Open"/>.</summary>
    public string Path { get; }

    /// <summary>The root object of config.json.</summary>
    public JsonElement Config { get; }

    /// <summary><c>model_type</c> of the config: <c>llama</c>, <c>gpt2</c>, …</summary>
    public string Family { get; }

    /// <summary>
    /// The root object of tokenizer.json, read on first use (and refused then, with <see cref="CheckpointException"/>, where it is
    /// broken). Null where there is none, and for GGUF files whose tokenizer is not byte-level BPE.
    /// </summary>
    public JsonElement? Tokenizer => _tokenizer.Value;

    public IReadOnlyDictionary<string, CheckpointTensor> Tensors { get; }

    /// <summary>Every file that the checkpoint is made of.</summary>
    public IReadOnlyList<CheckpointFile> Files { get; }

    /// <exception cref="CheckpointException">A file is missing, broken or hostile; the exception names the file and the field.</exception>
    public static Checkpoint Open(string path)
    {
        try
        {
            if (Directory.Exists(path)) return HuggingFaceFolder.Open(path);
            if (File.Exists(path)) return OpenGguf(path);
        }
        catch (Exception e) when (e is not CheckpointException && e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, "file", e.Message, e);
        }
        throw new CheckpointException(path, "path", "neither a folder nor a file");
    }

    /// <summary>Copies a tensor, dequantised and up-cast to float32, into <paramref name="destination"/>, whose length is the tensor's count.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, or its type holds no real numbers.</exception>
    public void Read(string name, Span<float> destination)
    {
        if (!_stored.TryGetValue(name, out StoredTensor? tensor)) throw new CheckpointException(Path, name, "no such tensor");
        tensor.Read(destination);
    }

    public void Dispose()
    {
        foreach (IDisposable file in _mapped) file.Dispose();
    }

    private static Checkpoint OpenGguf(string path)
    {
        MappedFile mapped = new(path);
        try
        {
            GgufFile file = new(mapped);
            string architecture = GgufConfig.Text(file, "general.architecture") ?? throw file.Refuse("general.architecture", "missing");
            JsonElement config = GgufConfig.Build(file, architecture);
            bool llama = architecture == "llama";
            int heads = llama ? config.GetProperty("num_attention_heads").GetInt32() : 1;
            int kvHeads = llama ? config.GetProperty("num_key_value_heads").GetInt32() : 1;
            Dictionary<string, StoredTensor> tensors = GgufTensors.Rename(file, architecture, heads, kvHeads);
            return new Checkpoint(path, config, tensors, [path], [mapped], () => GgufTokenizer.Build(file));
        }
        catch
        {
            mapped.Dispose();
            throw;
        }
    }
}
