using System.Text.RegularExpressions;

namespace Detection.Ingest;

/// <summary>Domain names in addresses, links and link texts, and whether two belong to one owner.</summary>
internal static partial class DomainNames
{
    // Registries that sell names below a second level; the public-suffix list has many more, these cover most mail.
    private static readonly HashSet<string> SecondLevel = ["co", "com", "org", "net", "ac", "gov", "edu", "or", "ne", "gob"];

    // "report.pdf" is a file, not a site.
    private static readonly HashSet<string> FileEndings = ["pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "gz", "txt", "html", "htm", "js", "png", "jpg", "jpeg", "gif", "csv", "mp3", "mp4", "exe"];

    public static string? OfAddress(string? address)
    {
        int at = address?.LastIndexOf('@') ?? -1;
        return at < 0 ? null : Clean(address![(at + 1)..].TrimEnd('>', ' '));
    }

    public static string? OfUrl(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https" && parsed.HostNameType == UriHostNameType.Dns ? Clean(parsed.IdnHost) : null;

    /// <summary>The domain that a link's text claims: the whole text is an address of a site.</summary>
    public static string? InText(string text)
    {
        var match = SiteName().Match(text.Trim());
        if (!match.Success || Clean(match.Groups[1].Value) is not { } domain) return null;
        return text.Contains("://", StringComparison.Ordinal) || !FileEndings.Contains(domain[(domain.LastIndexOf('.') + 1)..]) ? domain : null;
    }

    /// <summary>The registrable parts are equal.</summary>
    public static bool SameOwner(string one, string other) => Registrable(one) == Registrable(other);

    public static string Registrable(string domain)
    {
        string[] labels = domain.Split('.');
        int keep = labels.Length >= 3 && labels[^1].Length == 2 && SecondLevel.Contains(labels[^2]) ? 3 : 2;
        return labels.Length <= keep ? domain : string.Join('.', labels[^keep..]);
    }

    private static string? Clean(string domain)
    {
        domain = domain.Trim().TrimEnd('.').ToLowerInvariant();
        return domain.Length is > 0 and <= 253 && domain.Contains('.', StringComparison.Ordinal) ? domain : null;
    }

    [GeneratedRegex(@"\A(?:https?://)?((?:[\w-]{1,63}\.){1,6}[a-zA-Z]{2,24})(?:[/:?#]\S{0,500})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex SiteName();
}
