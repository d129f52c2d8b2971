using System.Text;

namespace Detection.Ingest;

/// <summary>The bytes of a mail that travelled as a JSON string.</summary>
internal static class RawBytes
{
    /// <exception cref="IngestException">Over the limit, or not of the encoding that the sender names.</exception>
    public static byte[] Of(string raw, string? encoding, IngestOptions options)
    {
        if (raw.Length > (options.MaxMessageBytes * 3L / 2) + 4) throw TooLarge(options);
        byte[] bytes = encoding switch
        {
            "base64" => Base64(raw) ?? throw new IngestException("raw: not base64, as rawEncoding says."),
            "latin1" => raw.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF') ? throw new IngestException("raw: more than a byte in a character, so not latin1, as rawEncoding says.") : Encoding.Latin1.GetBytes(raw),
            null => Strict(raw) ?? Bytes(raw),
            _ => throw new IngestException("rawEncoding: base64 or latin1."),
        };
        return bytes.Length <= options.MaxMessageBytes ? bytes : throw TooLarge(options);
    }

    /// <summary>Without white space: no mail is base64 by chance, since its headers have colons.</summary>
    private static byte[]? Strict(string raw) => raw.Length % 4 == 0 && !raw.AsSpan().ContainsAny(" \t\r\n:") ? Base64(raw) : null;

    private static byte[]? Base64(string raw)
    {
        byte[] buffer = new byte[(raw.Length / 4 * 3) + 3];
        return Convert.TryFromBase64String(raw, buffer, out int length) ? buffer[..length] : null;
    }

    /// <summary>One character a byte; a mail that someone pasted as text has more than that, and is taken as UTF-8.</summary>
    private static byte[] Bytes(string raw) => (raw.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF') ? Encoding.UTF8 : Encoding.Latin1).GetBytes(raw);

    private static IngestException TooLarge(IngestOptions options) => new($"raw: larger than {options.MaxMessageBytes} bytes.");
}
