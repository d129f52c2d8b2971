using System.ComponentModel.DataAnnotations;

namespace Detection.Ingest;

/// <summary>A message that is refused. The sentence names the field or the limit and never holds what the message says.</summary>
public sealed class IngestException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Limits on what is read: everything comes from strangers.</summary>
public sealed record IngestOptions
{
    /// <summary>Bytes of one message as sent. Default 25 MiB.</summary>
    [Range(1024, 1 << 30)]
    public int MaxMessageBytes { get; init; } = 25 << 20;

    /// <summary>Characters of text that are kept; the rest is cut and noted. Default 1,000,000.</summary>
    [Range(1000, 50_000_000)]
    public int MaxTextCharacters { get; init; } = 1_000_000;

    /// <summary>Nesting of MIME parts and of messages in messages. Default 20.</summary>
    [Range(1, 100)]
    public int MaxDepth { get; init; } = 20;

    /// <summary>MIME parts of one mail. Default 500.</summary>
    [Range(1, 100_000)]
    public int MaxParts { get; init; } = 500;

    /// <summary>Headers, links, recipients, attachments that are kept of each message. Default 200.</summary>
    [Range(1, 10_000)]
    public int MaxItems { get; init; } = 200;

    /// <summary>Whether an item carries the bytes of its message as they were read, for those who send it on. Default false.</summary>
    public bool KeepBytes { get; init; }

    /// <summary>authserv-ids (RFC 8601) whose <c>Authentication-Results</c> are believed, and whose <c>Received</c> time counts. Default none.</summary>
    public IReadOnlyList<string> TrustedReceivers { get; init; } = [];
}
