using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Detection.Ingest;

/// <summary>Domain names in addresses, links and link texts, and whether two belong to one owner.</summary>
internal static partial class DomainNames
{
    // Registries that sell names below a second level; the public-suffix list has many more, these cover most mail.
    private static readonly HashSet<string> SecondLevel = ["co", "com", "org", "net", "ac", "gov", "edu", "or", "ne", "gob"];

    // A bare "word.word" is a site only if it ends like one; countries (two letters) apart, these carry nearly all mail.
    private static readonly HashSet<string> Endings =
    [
        "com", "net", "org", "info", "biz", "edu", "gov", "mil", "int", "app", "dev", "xyz", "online", "site", "shop", "store", "club", "top", "live", "pro", "cloud", "bank", "link", "click", "page",
        "web", "email", "news", "blog", "tech", "space", "website", "support", "services", "world", "today", "example", "invalid", "test",
    ];

    // Two letters as well, but of files: "notes.md" is no site in Moldova.
    private static readonly HashSet<string> FileEndings = ["md", "sh", "py", "ps", "js", "gz", "cs", "rs"];

    private static readonly IdnMapping Idn = new();

    public static string? OfAddress(string? address)
    {
        int at = address?.LastIndexOf('@') ?? -1;
        return at < 0 ? null : Clean(address![(at + 1)..].TrimEnd('>', ' '));
    }

    /// <summary>The host of a web address: a domain name, or an IP address as it stands.</summary>
    public static string? OfUrl(string url) =>
        !Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https") ? null
        : parsed.HostNameType == UriHostNameType.Dns ? Clean(parsed.IdnHost)
        : parsed.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 ? parsed.DnsSafeHost
        : null;

    /// <summary>The domain that a link's text claims: the whole text is an address of a site.</summary>
    public static string? InText(string text)
    {
        var match = SiteName().Match(text.Trim());
        if (!match.Success || Clean(match.Groups[2].Value) is not { } domain) return null;
        string ending = domain[(domain.LastIndexOf('.') + 1)..];
        bool plain = match.Groups[1].Length > 0 || domain.StartsWith("www.", StringComparison.Ordinal);
        return plain || Endings.Contains(ending) || (ending.Length == 2 && !FileEndings.Contains(ending)) || ending.StartsWith("xn--", StringComparison.Ordinal) ? domain : null;
    }

    /// <summary>The registrable parts are equal.</summary>
    public static bool SameOwner(string one, string other) => Registrable(one) == Registrable(other);

    public static string Registrable(string domain)
    {
        if (IPAddress.TryParse(domain, out _)) return domain;
        string[] labels = domain.Split('.');
        int keep = labels.Length >= 3 && labels[^1].Length == 2 && SecondLevel.Contains(labels[^2]) ? 3 : 2;
        return labels.Length <= keep ? domain : string.Join('.', labels[^keep..]);
    }

    /// <summary>Lower case and in the ASCII form (RFC 5891), so that a name compares equal however it is written.</summary>
    private static string? Clean(string domain)
    {
        domain = domain.Trim().TrimEnd('.').ToLowerInvariant();
        if (domain.Length is 0 or > 253 || !domain.Contains('.', StringComparison.Ordinal)) return null;
        try { return Idn.GetAscii(domain).ToLowerInvariant(); }
        catch (ArgumentException) { return domain; }
    }

    [GeneratedRegex(@"\A(https?://)?((?:[\w-]{1,63}\.){1,6}(?:xn--[\w-]{1,59}|\p{L}{2,24}))(?:[/:?#]\S{0,500})?\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SiteName();
}
