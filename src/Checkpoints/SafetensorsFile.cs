using System.Buffers.Binary;
using System.Text.Json;

namespace Detection.Checkpoints;

/// <summary>
/// One safetensors file, memory-mapped: 8 bytes little-endian header length, a JSON header, then the values
/// (https://huggingface.co/docs/safetensors). As the format demands, the tensors fill the data without holes or overlap.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private const long MaxHeader = 32 << 20;
    private const int MaxTensors = 200_000;
    private const int MaxDimensions = 8;
    private readonly MappedFile _file;

    private SafetensorsFile(MappedFile file, Dictionary<string, StoredTensor> stored, Dictionary<string, string> metadata)
    {
        (_file, Stored, Metadata) = (file, stored, metadata);
        Tensors = stored.ToDictionary(pair => pair.Key, pair => pair.Value.Tensor, StringComparer.Ordinal);
    }

    public IReadOnlyDictionary<string, CheckpointTensor> Tensors { get; }

    /// <summary>The free texts of <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    internal IReadOnlyDictionary<string, StoredTensor> Stored { get; }

    /// <exception cref="CheckpointException">The file is not a valid safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        MappedFile file = new(path);
        try
        {
            return Parse(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Copies a tensor, up-cast to float32, into <paramref name="destination"/>, whose length is the tensor's count.</summary>
    public void Read(string name, Span<float> destination)
    {
        if (!Stored.TryGetValue(name, out StoredTensor? tensor)) throw new CheckpointException(_file.Path, name, "no such tensor");
        tensor.Read(destination);
    }

    public void Dispose() => _file.Dispose();

    private static SafetensorsFile Parse(MappedFile file)
    {
        if (file.Length < 8) throw new CheckpointException(file.Path, "header length", "the file is shorter than 8 bytes");
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(file.Slice(0, 8));
        if (headerLength > MaxHeader) throw new CheckpointException(file.Path, "header length", $"{headerLength} bytes, more than the limit of {MaxHeader}");
        if (headerLength > (ulong)file.Length - 8) throw new CheckpointException(file.Path, "header length", $"{headerLength} bytes, more than the file holds");
        JsonElement header = JsonFile.Parse(file.Slice(8, (int)headerLength).ToArray(), file.Path, "header");
        long dataStart = 8 + (long)headerLength;
        Dictionary<string, StoredTensor> tensors = new(StringComparer.Ordinal);
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        List<(long Begin, long End, string Name)> extents = [];
        foreach (JsonProperty entry in header.EnumerateObject())
        {
            string name = JsonFile.Name(entry, file.Path, "header");
            if (name == "__metadata__") ReadMetadata(entry.Value, file.Path, metadata);
            else
            {
                if (tensors.Count == MaxTensors) throw new CheckpointException(file.Path, "header", $"more than {MaxTensors} tensors");
                (StoredTensor tensor, long begin, long end) = ReadEntry(file, dataStart, name, entry.Value);
                tensors.Add(name, tensor);
                extents.Add((begin, end, name));
            }
        }
        CheckExtents(file, dataStart, extents);
        return new SafetensorsFile(file, tensors, metadata);
    }

    private static void ReadMetadata(JsonElement value, string path, Dictionary<string, string> metadata)
    {
        if (value.ValueKind != JsonValueKind.Object) throw new CheckpointException(path, "__metadata__", "not an object");
        foreach (JsonProperty entry in value.EnumerateObject())
        {
            string name = JsonFile.Name(entry, path, "__metadata__");
            metadata[name] = JsonFile.Text(entry.Value, path, $"__metadata__.{name}");
        }
    }

    private static (StoredTensor Tensor, long Begin, long End) ReadEntry(MappedFile file, long dataStart, string name, JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object) throw new CheckpointException(file.Path, name, "not an object");
        JsonElement Field(string field, JsonValueKind kind) => entry.TryGetProperty(field, out JsonElement value) && value.ValueKind == kind
            ? value
            : throw new CheckpointException(file.Path, $"{name}.{field}", $"missing or not of kind {kind}");
        long[] Numbers(string field, int most)
        {
            JsonElement array = Field(field, JsonValueKind.Array);
            if (array.GetArrayLength() > most) throw new CheckpointException(file.Path, $"{name}.{field}", $"more than {most} numbers");
            return [.. array.EnumerateArray().Select(n => n.ValueKind == JsonValueKind.Number && n.TryGetInt64(out long value) && value >= 0
                ? value
                : throw new CheckpointException(file.Path, $"{name}.{field}", "not a list of whole numbers from 0"))];
        }

        string typeName = JsonFile.Text(Field("dtype", JsonValueKind.String), file.Path, $"{name}.dtype");
        TensorType type = StoredType(typeName) ?? throw new CheckpointException(file.Path, $"{name}.dtype", $"unknown type {typeName}");
        long[] shape = Numbers("shape", MaxDimensions), offsets = Numbers("data_offsets", 2);
        if (offsets.Length != 2 || offsets[0] > offsets[1] || offsets[1] > file.Length - dataStart)
            throw new CheckpointException(file.Path, $"{name}.data_offsets", "not a range inside the data");
        UInt128 bytes = (UInt128)type.Block().Bytes;
        foreach (long size in shape)
        {
            bytes *= (UInt128)size;
            if (bytes > long.MaxValue) throw new CheckpointException(file.Path, $"{name}.shape", "the product overflows");
        }
        if (shape.Contains(0)) bytes = 0;
        if (bytes != (UInt128)(offsets[1] - offsets[0]))
            throw new CheckpointException(file.Path, $"{name}.shape", $"needs {bytes} bytes, data_offsets give {offsets[1] - offsets[0]}");
        return (new StoredTensor(new CheckpointTensor(name, type, shape), file, dataStart + offsets[0]), offsets[0], offsets[1]);
    }

    private static TensorType? StoredType(string name) =>
        Enum.TryParse(name, out TensorType type) && type.ToString() == name && type is not (TensorType.Q8_0 or TensorType.Q4_0 or TensorType.Q4_1) ? type : null;

    private static void CheckExtents(MappedFile file, long dataStart, List<(long Begin, long End, string Name)> extents)
    {
        extents.Sort();
        long end = 0;
        foreach ((long begin, long next, string name) in extents)
        {
            if (begin != end) throw new CheckpointException(file.Path, $"{name}.data_offsets", begin < end ? "overlaps another tensor" : "leaves a hole");
            end = next;
        }
        if (end != file.Length - dataStart) throw new CheckpointException(file.Path, "data", $"{file.Length - dataStart} bytes, the tensors take {end}");
    }
}
