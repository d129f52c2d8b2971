using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Learning.Pretraining;

/// <summary>Tensors in the safetensors form (huggingface/safetensors), written to a temporary file and moved into place.</summary>
internal static class TensorFile
{
    /// <param name="metadata">Kept in <c>__metadata__</c>: strings only, as the format asks.</param>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var header = new JsonObject();
        if (metadata is not null) header["__metadata__"] = new JsonObject(metadata.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value)));
        long at = 0;
        foreach (var (name, tensor) in tensors)
        {
            long bytes = tensor.numel() * tensor.element_size();
            header[name] = new JsonObject
            {
                ["dtype"] = tensor.dtype switch { ScalarType.Float32 => "F32", ScalarType.BFloat16 => "BF16", _ => throw new ArgumentException($"{name} is {tensor.dtype}") },
                ["shape"] = new JsonArray([.. tensor.shape.Select(size => (JsonNode)size)]),
                ["data_offsets"] = new JsonArray(at, at + bytes),
            };
            at += bytes;
        }
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        int padded = (json.Length + 7) / 8 * 8;
        string temporary = path + ".tmp";
        using (var file = File.Create(temporary))
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, padded);
            file.Write(length);
            file.Write(json);
            for (int i = json.Length; i < padded; i++) file.WriteByte((byte)' ');
            foreach (var tensor in tensors.Values)
            {
                using var whole = tensor.detach().contiguous();
                file.Write(whole.bytes);
            }
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Copies the stored values into tensors of the same names and shapes (own checkpoints only: the reader for foreign files is in Checkpoints).</summary>
    public static IReadOnlyDictionary<string, string> ReadInto(string path, IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var off = no_grad();
        using var file = File.OpenRead(path);
        Span<byte> length = stackalloc byte[8];
        file.ReadExactly(length);
        byte[] json = new byte[BinaryPrimitives.ReadInt64LittleEndian(length)];
        file.ReadExactly(json);
        using var header = JsonDocument.Parse(json);
        long data = 8 + json.Length;
        foreach (var (name, tensor) in tensors)
        {
            if (!header.RootElement.TryGetProperty(name, out var entry)) throw new InvalidDataException($"{path}: no tensor '{name}'");
            if (!entry.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()).SequenceEqual(tensor.shape)) throw new InvalidDataException($"{path}: '{name}' has another shape");
            file.Position = data + entry.GetProperty("data_offsets")[0].GetInt64();
            file.ReadExactly(tensor.bytes);
        }
        return header.RootElement.TryGetProperty("__metadata__", out var metadata)
            ? metadata.EnumerateObject().ToDictionary(one => one.Name, one => one.Value.GetString()!)
            : new Dictionary<string, string>();
    }
}
