using System.Text;

namespace Detection.Ingest;

internal enum SourceKind
{
    /// <summary>One mail.</summary>
    Mail,
    Mbox,

    /// <summary>A message a line.</summary>
    JsonLines,

    /// <summary>One JSON value over several lines: a message, or an array of them.</summary>
    JsonWhole,

    /// <summary>Plain text, one message.</summary>
    Text,
    Unknown,
}

/// <summary>What a source holds: by its name, and where that says nothing by its first bytes.</summary>
internal static class SourceSniffing
{
    // Two header fields make a mail, but a chat log has "name: words" lines too: one of these must be among them.
    private static readonly HashSet<string> KnownFields = new(StringComparer.OrdinalIgnoreCase)
    {
        "From", "To", "Cc", "Subject", "Date", "Message-ID", "Received", "Return-Path", "Delivered-To", "MIME-Version", "Content-Type", "Reply-To", "Sender", "DKIM-Signature", "Authentication-Results",
    };

    public static SourceKind Of(string name, ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("\uFEFF"u8)) head = head[3..];
        bool isText = head.IndexOf((byte)0) < 0 || head is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..];
        return Path.GetExtension(name).ToLowerInvariant() switch
        {
            ".eml" => SourceKind.Mail,
            ".mbox" or ".mbx" => SourceKind.Mbox,
            ".jsonl" or ".ndjson" => SourceKind.JsonLines,
            ".json" => Json(head) ?? SourceKind.JsonLines,
            ".txt" or ".md" => isText ? SourceKind.Text : SourceKind.Unknown,
            _ when MboxReader.IsStart(head) => SourceKind.Mbox,
            _ when Json(head) is { } json => json,
            _ when LooksLikeMail(head) => SourceKind.Mail,
            _ => isText ? SourceKind.Text : SourceKind.Unknown,
        };
    }

    /// <summary>"[Reminder] …" is a subject and "{name}" a template, no JSON.</summary>
    private static SourceKind? Json(ReadOnlySpan<byte> head)
    {
        head = head.TrimStart(" \t\r\n"u8);
        if (head.IsEmpty || head[0] is not ((byte)'{' or (byte)'[')) return null;
        var inside = head[1..].TrimStart(" \t\r\n"u8);
        bool isArray = head[0] == '[';
        if (!inside.IsEmpty && !(isArray ? inside[0] is (byte)'{' or (byte)']' : inside[0] is (byte)'"' or (byte)'}')) return null;
        int end = head.IndexOf((byte)'\n');
        bool opensOnly = end >= 0 && head[..end].TrimEnd(" \t\r"u8) is not [.., (byte)'}'];
        return isArray || opensOnly ? SourceKind.JsonWhole : SourceKind.JsonLines;
    }

    /// <summary>Two header fields of RFC 5322 from the first line on, at least one of them well known.</summary>
    private static bool LooksLikeMail(ReadOnlySpan<byte> head)
    {
        int fields = 0;
        bool known = false;
        foreach (var range in head.Split((byte)'\n'))
        {
            var line = head[range];
            if (line is [(byte)' ' or (byte)'\t', ..] && fields > 0) continue;
            int colon = line.IndexOf((byte)':');
            if (colon < 1 || line[..colon].ContainsAnyExceptInRange((byte)33, (byte)126)) break;
            fields++;
            known |= KnownFields.Contains(Encoding.ASCII.GetString(line[..colon]));
        }
        return fields >= 2 && known;
    }
}
