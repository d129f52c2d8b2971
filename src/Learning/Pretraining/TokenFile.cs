using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Detection.Learning.Pretraining;

/// <summary>All tokens of the corpus in one memory-mapped file of little-endian 16-bit ids; every document ends with the end-of-text token.</summary>
internal sealed class TokenFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public TokenFile(string path)
    {
        // The open file's length: that of a name may be a link's.
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Count = stream.Length / sizeof(ushort);
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
    }

    public long Count { get; }

    /// <summary>Copies ids from <paramref name="start"/>, going on at the beginning after the end.</summary>
    public void Read(long start, Span<long> into)
    {
        for (int i = 0; i < into.Length; i++) into[i] = _view.ReadUInt16((start + i) % Count * sizeof(ushort));
    }

    /// <summary>Writes the whole file, then moves it into place: a half-written one is never seen.</summary>
    public static void Write(string path, IEnumerable<string> texts, BpeEncoder encoder)
    {
        string temporary = path + ".tmp";
        var ids = new List<ushort>();
        using (var file = File.Create(temporary))
            foreach (string text in texts)
            {
                ids.Clear();
                encoder.Encode(text, ids);
                ids.Add(0);
                file.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(ids)));
            }
        File.Move(temporary, path, overwrite: true);
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
