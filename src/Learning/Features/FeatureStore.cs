using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Criteria;
using Detection.Detectors.Heads;

namespace Detection.Learning.Features;

/// <summary>
/// Features on disk, keyed by model, type, settings and text, so that training runs go on where they were stopped and share what was computed. One append-only file
/// of records a model (with its observer, whose criteria end a record) and setting; a record that was cut off by a kill is dropped when the file is opened.
/// </summary>
public sealed class FeatureStore : IDisposable
{
    private const int KeyBytes = 16, HeadBytes = KeyBytes + 3 * sizeof(int), Batch = 32;
    private readonly FileStream _file;
    private readonly Dictionary<Key, long> _places = [];
    private readonly DetectionPipeline _pipeline;
    private readonly int _record;

    private FeatureStore(DetectionPipeline pipeline, FileStream file)
    {
        (_pipeline, _file) = (pipeline, file);
        _record = HeadBytes + (pipeline.Layout.Length + (pipeline.ObserverKey is null ? 0 : StoredFeatures.OfTwoModels.Length)) * sizeof(float);
        byte[] head = new byte[HeadBytes];
        long whole = file.Length / _record;
        for (long at = 0; at < whole; at++)
        {
            file.Position = at * _record;
            file.ReadExactly(head);
            _places[new Key(head)] = at * _record;
        }
        file.SetLength(whole * _record);
    }

    /// <summary>Readings kept.</summary>
    public int Count => _places.Count;

    /// <param name="folder">Outside any checkout; made where missing.</param>
    public static FeatureStore Open(string folder, DetectionPipeline pipeline)
    {
        Directory.CreateDirectory(folder);
        string named = pipeline.ObserverKey is { } observer ? $"{pipeline.FeatureKey}|{observer}|{string.Join(',', StoredFeatures.OfTwoModels)}" : pipeline.FeatureKey;
        string key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(named)))[..24];
        var file = new FileStream(Path.Combine(folder, $"{key}.features"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1 << 20);
        try { return new FeatureStore(pipeline, file); }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The features of extracted messages, in order; what is missing is read by the model and kept.</summary>
    /// <param name="progress">Told how many of the missing are done, and their tokens.</param>
    public IReadOnlyList<StoredFeatures> Of(IReadOnlyList<Message> messages, IProgress<FeatureProgress>? progress = null, CancellationToken cancellation = default)
    {
        var keys = messages.Select(KeyOf).ToArray();
        // Like lengths together: a pack has little padding then.
        int[] missing = [.. Enumerable.Range(0, keys.Length).Where(i => !_places.ContainsKey(keys[i])).DistinctBy(i => keys[i]).OrderBy(i => messages[i].Text?.Length ?? 0)];
        long tokens = 0;
        for (int start = 0; start < missing.Length; start += Batch)
        {
            int[] batch = missing[start..Math.Min(missing.Length, start + Batch)];
            var readings = _pipeline.Read([.. batch.Select(i => messages[i])], cancellation);
            for (int i = 0; i < batch.Length; i++) Append(keys[batch[i]], readings[i]);
            _file.Flush();
            tokens += readings.Sum(reading => (long)reading.Tokens);
            progress?.Report(new FeatureProgress(start + batch.Length, missing.Length, tokens));
        }
        return [.. messages.Select((message, i) => Load(keys[i], message))];
    }

    public void Dispose() => _file.Dispose();

    private void Append(Key key, Reading reading)
    {
        byte[] record = new byte[_record];
        key.CopyTo(record);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(KeyBytes), reading.Tokens);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(KeyBytes + 4), reading.Normalised.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(KeyBytes + 8), reading.Supported ? 1 : 0);
        MemoryMarshal.AsBytes(reading.Features.Dense.AsSpan()).CopyTo(record.AsSpan(HeadBytes));
        if (_pipeline.ObserverKey is not null)
        {
            var criteria = ZeroShot.Measure(reading.Predicted);
            float[] values = [.. StoredFeatures.OfTwoModels.Select(name => (float)(criteria[name] ?? double.NaN))];
            MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(record.AsSpan(_record - values.Length * sizeof(float)));
        }
        _places[key] = _file.Length;
        _file.Position = _file.Length;
        _file.Write(record);
    }

    private StoredFeatures Load(Key key, Message message)
    {
        byte[] record = new byte[_record];
        _file.Position = _places[key];
        _file.ReadExactly(record);
        float[] values = MemoryMarshal.Cast<byte, float>(record.AsSpan(HeadBytes)).ToArray(), dense = values[.._pipeline.Layout.Length];
        return new StoredFeatures(BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(KeyBytes)), BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(KeyBytes + 4)),
            BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(KeyBytes + 8)) != 0, DetectionPipeline.Beside(message) with { Dense = dense }) { TwoModels = values[dense.Length..] };
    }

    /// <summary>Of the text as the model reads it: what normalisation makes equal is read once.</summary>
    private static Key KeyOf(Message message) => new(SHA256.HashData(Encoding.UTF8.GetBytes(DetectionPipeline.TextOf(message))));

    private readonly record struct Key(ulong First, ulong Second)
    {
        public Key(ReadOnlySpan<byte> bytes) : this(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..])) { }

        public void CopyTo(Span<byte> bytes)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, First);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], Second);
        }
    }
}

/// <summary>How far the reading of texts is.</summary>
public sealed record FeatureProgress(int Done, int Missing, long Tokens);
