using System.IO.MemoryMappedFiles;

namespace Detection.Checkpoints;

/// <summary>A whole file mapped read-only; every access is checked against its length, so that no header can read outside it.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte* _start;

    public MappedFile(string path)
    {
        Path = path;
        Length = new FileInfo(path).Length;
        if (Length == 0) return; // an empty file cannot be mapped
        try
        {
            _map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            _view = _map.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        }
        catch
        {
            _view?.Dispose();
            _map?.Dispose();
            throw;
        }
    }

    public string Path { get; }

    public long Length { get; }

    public bool Contains(long offset, long count) => offset >= 0 && count >= 0 && offset <= Length && count <= Length - offset;

    /// <summary>The bytes at [offset, offset + count), valid until <see cref="Dispose"/>.</summary>
    public ReadOnlySpan<byte> Slice(long offset, int count)
    {
        if (!Contains(offset, count)) throw new ArgumentOutOfRangeException(nameof(offset), $"[{offset}, +{count}) is outside a file of {Length} bytes.");
        if (count == 0) return [];
        ObjectDisposedException.ThrowIf(_view!.SafeMemoryMappedViewHandle.IsClosed, this);
        return new ReadOnlySpan<byte>(_start + _view.PointerOffset + offset, count);
    }

    public void Dispose()
    {
        if (_view is not null && !_view.SafeMemoryMappedViewHandle.IsClosed)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
        }
        _map?.Dispose();
    }
}
