using Detection.Contracts;
using MimeKit;

namespace Detection.Ingest;

/// <summary>What a receiver that we trust found out about the sender (RFC 8601). Anyone can write such a header, so only the topmost one of a trusted authserv-id counts.</summary>
internal static class AuthenticationResults
{
    public static (Authentication Authentication, DateTimeOffset? ReceivedAt)? Read(MimeMessage mail, IReadOnlyList<string> trusted)
    {
        if (trusted.Count == 0) return null;
        foreach (var header in mail.Headers.Where(header => header.Id == HeaderId.AuthenticationResults))
            if (MimeKit.Cryptography.AuthenticationResults.TryParse(header.RawValue, out var results) && trusted.Contains(results.AuthenticationServiceIdentifier, StringComparer.OrdinalIgnoreCase))
                return (new Authentication(Result(results, "spf"), Result(results, "dkim"), Result(results, "dmarc"), Result(results, "arc")), ReceivedAt(mail));
        return null;
    }

    private static string? Result(MimeKit.Cryptography.AuthenticationResults results, string method) =>
        results.Results.FirstOrDefault(one => one.Method.Equals(method, StringComparison.OrdinalIgnoreCase))?.Result;

    /// <summary>The topmost Received header is the receiver's own; its time stands after the last semicolon.</summary>
    private static DateTimeOffset? ReceivedAt(MimeMessage mail)
    {
        string? received = mail.Headers[HeaderId.Received];
        int at = received?.LastIndexOf(';') ?? -1;
        return at >= 0 && MimeKit.Utils.DateUtils.TryParse(received![(at + 1)..].Trim(), out var time) ? time : null;
    }
}
