namespace Detection.Streaming;

/// <summary>Why a stream could not do what was asked.</summary>
public enum StreamFault
{
    /// <summary>The server or the file does not answer; later it may.</summary>
    Unavailable,

    /// <summary>The disk is full, or the stream has reached its configured size. Nothing of the call was accepted; what was accepted before is safe.</summary>
    Full,

    /// <summary>The file is damaged or is no stream; a person must look.</summary>
    Corrupt,

    /// <summary>Another process reads this stream.</summary>
    InUse,

    /// <summary>A newer version of the program wrote it.</summary>
    NewerVersion,
}

/// <summary>The message names the file or server and what to do; never message content.</summary>
public sealed class StreamException(StreamFault fault, string message, Exception? inner = null) : IOException(message, inner)
{
    public StreamFault Fault { get; } = fault;
}
