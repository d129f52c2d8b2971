using System.Buffers.Binary;
using System.Text;

namespace Detection.Checkpoints;

/// <summary>
/// One GGUF file (version 2 or 3, little-endian), memory-mapped: metadata and tensors as they are stored
/// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). <see cref="GgufConfig"/>, <see cref="GgufTensors"/> and
/// <see cref="GgufTokenizer"/> present it as a Hugging Face folder.
/// </summary>
internal sealed class GgufFile
{
    private const int MaxEntries = 200_000;
    private const int MaxKey = 1_024;
    private const int MaxString = 16 << 20;
    private const int MaxDimensions = 4;
    private readonly MappedFile _file;
    private long _position;

    public GgufFile(MappedFile file)
    {
        _file = file;
        if (file.Length < 24 || !file.Slice(0, 4).SequenceEqual("GGUF"u8)) throw Refuse("magic", "not a GGUF file");
        _position = 4;
        uint version = ReadUInt32("version");
        if (version is not (2 or 3)) throw Refuse("version", $"{version} is not supported (2 and 3 are; big-endian files are not)");
        int tensors = ReadCount("tensor_count", 24), entries = ReadCount("metadata_kv_count", 13);
        for (int i = 0; i < entries; i++) ReadEntry(i);
        ReadTensors(tensors);
    }

    public string Path => _file.Path;

    public Dictionary<string, GgufValue> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Tensors under their GGUF names, shapes outermost dimension first, in the order of the file.</summary>
    public List<StoredTensor> Tensors { get; } = [];

    public CheckpointException Refuse(string field, string reason) => new(_file.Path, field, reason);

    /// <summary>The strings of an array, decoded now: only their lengths were checked at opening.</summary>
    public IEnumerable<string> Strings(string key)
    {
        if (!Metadata.TryGetValue(key, out GgufValue? value)) yield break;
        if (value is not GgufArray { Element: GgufType.String } array) throw Refuse(key, "not a list of strings");
        long position = array.Offset;
        for (int i = 0; i < array.Count; i++)
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(_file.Slice(position, 8));
            yield return Decode(_file.Slice(position + 8, length), $"{key}[{i}]");
            position += 8 + length;
        }
    }

    /// <summary>The whole numbers of an array of 32-bit integers.</summary>
    public int[] Integers(string key)
    {
        if (!Metadata.TryGetValue(key, out GgufValue? value)) return [];
        if (value is not GgufArray { Element: GgufType.Int32 or GgufType.UInt32 } array) throw Refuse(key, "not a list of 32-bit integers");
        int[] numbers = new int[array.Count];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = BinaryPrimitives.ReadInt32LittleEndian(_file.Slice(array.Offset + 4L * i, 4));
        return numbers;
    }

    private void ReadEntry(int index)
    {
        string key = ReadString($"metadata[{index}].key", MaxKey);
        GgufType type = (GgufType)ReadUInt32(key);
        if (!Metadata.TryAdd(key, type == GgufType.Array ? ReadArray(key) : ReadScalar(key, type))) throw Refuse(key, "occurs twice");
    }

    private GgufScalar ReadScalar(string key, GgufType type)
    {
        if (type == GgufType.String) return new GgufScalar(ReadString(key, MaxString));
        ReadOnlySpan<byte> bytes = Take(Size(type, key), key);
        return new GgufScalar(type switch
        {
            GgufType.UInt8 => (long)bytes[0],
            GgufType.Int8 => (long)(sbyte)bytes[0],
            GgufType.UInt16 => (long)BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            GgufType.Int16 => (long)BinaryPrimitives.ReadInt16LittleEndian(bytes),
            GgufType.UInt32 => (long)BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            GgufType.Int32 => (long)BinaryPrimitives.ReadInt32LittleEndian(bytes),
            GgufType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
            GgufType.Bool => bytes[0] switch { 0 => false, 1 => true, _ => throw Refuse(key, "neither true nor false") },
            GgufType.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            _ => BinaryPrimitives.ReadInt64LittleEndian(bytes), // nothing that is read here exceeds a signed 64-bit number
        });
    }

    private GgufArray ReadArray(string key)
    {
        GgufType element = (GgufType)ReadUInt32(key);
        if (element == GgufType.Array) throw Refuse(key, "nested arrays are not supported");
        int count = ReadCount(key, element == GgufType.String ? 8 : Size(element, key), int.MaxValue);
        long start = _position;
        if (element == GgufType.String)
            for (int i = 0; i < count; i++) Skip(ReadLength($"{key}[{i}]", MaxString), key);
        else Skip((long)count * Size(element, key), key);
        return new GgufArray(element, count, start);
    }

    private void ReadTensors(int count)
    {
        List<(string Name, TensorType Type, long[] Shape, long Offset)> entries = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            string name = ReadString($"tensor[{i}].name", MaxKey);
            if (!names.Add(name)) throw Refuse(name, "occurs twice");
            uint dimensions = ReadUInt32($"{name}.n_dimensions");
            if (dimensions is 0 or > MaxDimensions) throw Refuse($"{name}.n_dimensions", $"{dimensions} is not in 1..{MaxDimensions}");
            long[] shape = new long[dimensions];
            for (int d = shape.Length - 1; d >= 0; d--) shape[d] = ReadInt64($"{name}.dimensions");
            entries.Add((name, StoredType(ReadUInt32($"{name}.type"), name), shape, ReadInt64($"{name}.offset")));
        }
        long alignment = Metadata.TryGetValue("general.alignment", out GgufValue? stated) ? (stated as GgufScalar)?.Value as long? ?? 0 : 32;
        if (alignment is < 8 or > 1 << 20 || !long.IsPow2(alignment)) throw Refuse("general.alignment", "not a power of two in 8..1048576");
        long data = (_position + alignment - 1) / alignment * alignment, end = 0;
        foreach ((string name, TensorType type, long[] shape, long offset) in entries.OrderBy(entry => entry.Offset))
        {
            if (offset % alignment != 0) throw Refuse($"{name}.offset", $"not a multiple of {alignment}");
            if (offset < end) throw Refuse($"{name}.offset", "overlaps another tensor");
            long bytes = Bytes(name, type, shape);
            if (offset > _file.Length || !_file.Contains(data + offset, bytes)) throw Refuse($"{name}.offset", "outside the file");
            end = offset + bytes;
            Tensors.Add(new StoredTensor(new CheckpointTensor(name, type, shape), _file, data + offset));
        }
    }

    private long Bytes(string name, TensorType type, long[] shape)
    {
        (int values, int bytes) = type.Block();
        UInt128 count = 1;
        foreach (long size in shape)
        {
            if (size <= 0) throw Refuse($"{name}.dimensions", $"{size} is not positive");
            count *= (UInt128)size;
            if (count > (UInt128)long.MaxValue / 8) throw Refuse($"{name}.dimensions", "the product overflows");
        }
        if (shape[^1] % values != 0) throw Refuse($"{name}.dimensions", $"rows of {shape[^1]} values do not fill blocks of {values}");
        return (long)count / values * bytes;
    }

    // ggml.h, enum ggml_type
    private TensorType StoredType(uint type, string name) => type switch
    {
        0 => TensorType.F32,
        1 => TensorType.F16,
        2 => TensorType.Q4_0,
        3 => TensorType.Q4_1,
        8 => TensorType.Q8_0,
        30 => TensorType.BF16,
        _ => throw Refuse($"{name}.type", $"ggml type {type} is not supported (F32, F16, BF16, Q8_0, Q4_0, Q4_1 are)"),
    };

    private int Size(GgufType type, string key) => type switch
    {
        GgufType.UInt8 or GgufType.Int8 or GgufType.Bool => 1,
        GgufType.UInt16 or GgufType.Int16 => 2,
        GgufType.UInt32 or GgufType.Int32 or GgufType.Float32 => 4,
        GgufType.UInt64 or GgufType.Int64 or GgufType.Float64 => 8,
        _ => throw Refuse(key, $"unknown value type {(uint)type}"),
    };

    /// <summary>A count of things that take at least <paramref name="least"/> bytes each, so that no count can exceed the file.</summary>
    private int ReadCount(string field, int least, int most = MaxEntries)
    {
        long count = ReadInt64(field);
        if (count < 0 || count > most || count > (_file.Length - _position) / least) throw Refuse(field, $"{count} is more than the file can hold or than the limit");
        return (int)count;
    }

    private int ReadLength(string field, int most)
    {
        long length = ReadInt64(field);
        if (length < 0 || length > most) throw Refuse(field, $"a string of {length} bytes, more than the limit of {most}");
        return (int)length;
    }

    private string ReadString(string field, int most) => Decode(Take(ReadLength(field, most), field), field);

    private string Decode(ReadOnlySpan<byte> bytes, string field)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new CheckpointException(_file.Path, field, "not valid UTF-8", e);
        }
    }

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private uint ReadUInt32(string field) => BinaryPrimitives.ReadUInt32LittleEndian(Take(4, field));

    private long ReadInt64(string field) => BinaryPrimitives.ReadInt64LittleEndian(Take(8, field));

    private ReadOnlySpan<byte> Take(int count, string field)
    {
        Skip(count, field);
        return _file.Slice(_position - count, count);
    }

    private void Skip(long count, string field)
    {
        if (!_file.Contains(_position, count)) throw Refuse(field, "the file ends inside it");
        _position += count;
    }
}

/// <summary>The value types of GGUF metadata, numbered as in the file.</summary>
internal enum GgufType : uint
{
    UInt8, Int8, UInt16, Int16, UInt32, Int32, Float32, Bool, String, Array, UInt64, Int64, Float64,
}

internal abstract record GgufValue;

/// <summary>A long, float, double, bool or string.</summary>
internal sealed record GgufScalar(object Value) : GgufValue;

/// <summary>Where an array's elements begin in the file.</summary>
internal sealed record GgufArray(GgufType Element, int Count, long Offset) : GgufValue;
