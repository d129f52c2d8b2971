using System.Text.Json;

namespace Detection.Checkpoints;

/// <summary>Opens a folder in Hugging Face layout.</summary>
internal static class HuggingFaceFolder
{
    private const long MaxConfig = 4 << 20;
    private const long MaxIndex = 32 << 20;
    private const long MaxTokenizer = 128 << 20;
    private const int MaxShards = 1_000;
    private const string Index = "model.safetensors.index.json";

    public static Checkpoint Open(string folder)
    {
        string Inside(string name) => Path.Combine(folder, name);
        string config = Inside("config.json"), single = Inside("model.safetensors"), index = Inside(Index), tokenizer = Inside("tokenizer.json");
        if (!File.Exists(config)) throw new CheckpointException(folder, "config.json", "missing");
        JsonElement root = JsonFile.Read(config, MaxConfig);
        List<string> files = [config];
        List<SafetensorsFile> opened = [];
        try
        {
            IReadOnlyDictionary<string, StoredTensor> tensors;
            if (File.Exists(single))
            {
                opened.Add(SafetensorsFile.Open(single));
                files.Add(single);
                tensors = opened[0].Stored;
            }
            else if (File.Exists(index))
            {
                files.Add(index);
                tensors = OpenShards(folder, index, files, opened);
            }
            else throw new CheckpointException(folder, "model.safetensors", $"missing, and so is {Index}");
            if (File.Exists(tokenizer)) files.Add(tokenizer);
            return new Checkpoint(folder, root, tensors, files, opened, () => File.Exists(tokenizer) ? JsonFile.Read(tokenizer, MaxTokenizer) : null);
        }
        catch
        {
            opened.ForEach(file => file.Dispose());
            throw;
        }
    }

    private static Dictionary<string, StoredTensor> OpenShards(string folder, string index, List<string> files, List<SafetensorsFile> opened)
    {
        JsonElement root = JsonFile.Read(index, MaxIndex);
        if (!root.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
            throw new CheckpointException(index, "weight_map", "missing or not an object");
        Dictionary<string, SafetensorsFile> shards = new(StringComparer.Ordinal);
        Dictionary<string, StoredTensor> tensors = new(StringComparer.Ordinal);
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            string name = JsonFile.Name(entry, index, "weight_map"), shard = JsonFile.Text(entry.Value, index, $"weight_map.{name}");
            if (!shards.TryGetValue(shard, out SafetensorsFile? file))
            {
                string path = ShardPath(folder, index, name, shard);
                if (shards.Count == MaxShards) throw new CheckpointException(index, "weight_map", $"more than {MaxShards} shards");
                opened.Add(shards[shard] = file = SafetensorsFile.Open(path));
                files.Add(path);
            }
            tensors[name] = file.Stored.TryGetValue(name, out StoredTensor? tensor)
                ? tensor
                : throw new CheckpointException(index, $"weight_map.{name}", $"not in {shard}");
        }
        return tensors;
    }

    // A shard is a plain file name beside the index: nothing may lead out of the folder.
    private static string ShardPath(string folder, string index, string name, string shard)
    {
        bool plain = shard.EndsWith(".safetensors", StringComparison.Ordinal) && shard.Length <= 255 && shard[0] != '.'
            && shard.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
        if (!plain) throw new CheckpointException(index, $"weight_map.{name}", "not the plain name of a .safetensors file");
        string path = Path.Combine(folder, shard);
        return File.Exists(path) ? path : throw new CheckpointException(index, $"weight_map.{name}", $"{shard} is missing");
    }
}
