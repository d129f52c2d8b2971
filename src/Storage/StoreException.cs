namespace Detection.Storage;

/// <summary>Why a store could not do what was asked.</summary>
public enum StoreFault
{
    /// <summary>The server or the file does not answer; later it may.</summary>
    Unavailable,

    /// <summary>The disk is full. What was stored before is safe, and to store the call again is safe too: SQLite has nothing of it, a search server perhaps a part.</summary>
    Full,

    /// <summary>The file is damaged or is no verdict store; a person must look.</summary>
    Corrupt,

    /// <summary>A newer version of the program wrote it.</summary>
    NewerVersion,
}

/// <summary>The message names the file or server and what to do; never message content.</summary>
public sealed class StoreException(StoreFault fault, string message, Exception? inner = null) : IOException(message, inner)
{
    public StoreFault Fault { get; } = fault;
}
